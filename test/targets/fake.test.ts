import { expect, it } from 'vitest';
import { FakeTarget } from '../../src/targets/fake/target.ts';
import { describeTargetContract } from './contract.ts';

describeTargetContract('fake', {
  protocol: 'rtc-bench-v1',
  create: (options) =>
    new FakeTarget({ ...options, bridges: 2, packetRatePps: 100, clock: { nowMs: () => performance.now() } }),
  kill: (target, bridgeId) => (target as FakeTarget).kill(bridgeId, 'killed'),
});

it('loads each bridge at exactly the rate of its participants', async () => {
  let nowMs = 0;
  const target = new FakeTarget({
    onEvent: () => {},
    bridges: 2,
    packetRatePps: 100,
    clock: { nowMs: () => nowMs },
  });
  const { signal } = new AbortController();
  await target.start(signal);
  const ask = (participantId: string) =>
    target.access({ roomId: 'r', roomName: 'r', participantId, pinnedBridge: 0 }, signal);
  await ask('p1');
  nowMs = 1000;
  await ask('p2');
  nowMs = 3000;
  const [first, second] = await target.sampleBridges();
  expect(first).toMatchObject({
    readAtMs: 3000,
    local: { packetsIn: 500, packetsOut: 500 },
    participants: 2,
  });
  expect(second).toMatchObject({ local: { packetsIn: 0, packetsOut: 0 }, participants: 0 });
});
