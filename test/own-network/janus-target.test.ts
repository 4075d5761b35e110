import { setTimeout as delay } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { createSystem } from '../../src/system/real.ts';
import { startJanus } from '../../src/targets/janus/server-process.ts';
import { JanusTarget, type JanusTargetOptions } from '../../src/targets/janus/target.ts';
import type { TargetEvent } from '../../src/targets/types.ts';
import { janusTarget, MEDIA_ADDRESS } from '../support/janus.ts';
import { allEnded } from '../support/processes.ts';
import { describeTargetContract } from '../targets/contract.ts';

const { signal } = new AbortController();
const system = createSystem();

describeTargetContract('janus', {
  protocol: 'janus-videoroom',
  create: (options) => janusTarget(system, options),
  kill(target, bridgeId) {
    const pid = target.bridges().find((bridge) => bridge.bridgeId === bridgeId)?.pid;
    if (typeof pid !== 'number') throw new Error(`no process of ${bridgeId} is known`);
    process.kill(pid, 'SIGKILL');
  },
});

/** A running server, and a target that names it by its addresses. */
async function running(adminSecret?: string) {
  const server = await startJanus(system, 0, MEDIA_ADDRESS, signal);
  onTestFinished(() => server.close());
  const events: TargetEvent[] = [];
  const servers: JanusTargetOptions['servers'] = {
    start: false,
    list: [{ url: server.webSocketUrl, admin: server.adminUrl }],
    adminSecret: adminSecret ?? server.adminSecret,
    secretPlace: 'THE_VARIABLE',
  };
  const target = new JanusTarget({
    system,
    servers,
    placement: 'least-stressed',
    maxPacketRatePps: 1000,
    onEvent: (event) => events.push(event),
  });
  onTestFinished(() => target.close());
  return { server, target, events };
}

it('uses a server by its addresses, finds its process here, and takes only its own rooms away', async () => {
  const { server, target, events } = await running();
  await server.admin.videoRoom({ request: 'create', room: 1234 });
  await target.start(signal);
  expect(target.bridges()).toMatchObject([{ bridgeId: 'bridge-0', pid: server.pid }]);
  const enter = (roomName: string) =>
    target.access({ roomId: roomName, roomName, participantId: 'p', pinnedBridge: null }, signal);
  expect(await enter('1234')).toMatchObject({ roomId: 1234 });
  await enter('a new room');
  await enter('a new room');
  expect(events.filter(({ type }) => type === 'notice')).toMatchObject([
    { code: 'RTCB_ROOM_EXISTS', message: expect.stringContaining('room 1234 was on bridge-0') },
  ]);
  const [sample] = await target.sampleBridges();
  expect(sample?.cpuSeconds).toBeGreaterThanOrEqual(0);
  expect(sample?.rssBytes).toBeGreaterThan(1e6);
  const rooms = async () =>
    (await server.admin.videoRoom({ request: 'list' })).list?.map(({ room }) => room) ?? [];
  await target.close();
  // Private rooms are in no list, so the new one is asked for by its name.
  expect(await rooms()).toContain(1234);
});

it('says what to mend when the admin secret is wrong, and prints it nowhere', async () => {
  const { target } = await running('guessed-secret');
  const failure = await target.start(signal).catch((error: unknown) => error);
  expect(failure).toMatchObject({
    code: 'RTCB_JANUS_SECRET',
    exitCode: 3,
    hint: expect.stringContaining('THE_VARIABLE'),
  });
  expect(JSON.stringify(failure) + String(failure)).not.toContain('guessed-secret');
});

it('tells that a server has died which somebody else started', async () => {
  const { server, target, events } = await running();
  await target.start(signal);
  process.kill(server.pid ?? 0, 'SIGKILL');
  await allEnded([server.pid ?? 0]);
  while (!events.some(({ type }) => type === 'bridge-died')) await delay(20);
  await expect(
    target.access({ roomId: 'r', roomName: 'r', participantId: 'p', pinnedBridge: null }, signal),
  ).rejects.toMatchObject({ exitCode: 3 });
});

it('refuses to spread one room over two servers by pins', async () => {
  const target = janusTarget(system, { onEvent: () => {} });
  onTestFinished(() => target.close());
  await target.start(signal);
  const enter = (participantId: string, pinnedBridge: number) =>
    target.access({ roomId: 'r', roomName: 'r', participantId, pinnedBridge }, signal);
  expect((await enter('p1', 1)).bridgeId).toBe('bridge-1');
  await expect(enter('p2', 0)).rejects.toMatchObject({ code: 'RTCB_TARGET_REFUSED', exitCode: 3 });
});
