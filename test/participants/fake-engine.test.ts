import { describe, expect, it } from 'vitest';
import { FakeEngine } from '../../src/participants/fake/engine.ts';
import type { Engine, EngineOptions, ParticipantEvent } from '../../src/participants/types.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { engineContract, participantPlan } from './contract.ts';

const access: EngineOptions['access'] = async (plan, attempt) => ({
  protocol: 'rtc-bench-v1',
  url: 'ws://127.0.0.1/',
  roomName: plan.roomId,
  bridgeId: `bridge-${attempt - 1}`,
});

const benchClock = new FakeClock();

engineContract('fake', () => {
  return {
    create: (options) => new FakeEngine(options, { clock: benchClock }),
    access,
    pass: (ms) => benchClock.advance(ms),
    async until(condition) {
      for (let turn = 0; turn < 200; turn += 1) {
        if (await condition()) return;
        await benchClock.advance(50);
      }
      throw new Error(`it did not come to that by ${benchClock.nowMs()} ms`);
    },
    async loseBridge(engine: Engine, bridgeId) {
      if (engine instanceof FakeEngine) void engine.loseBridge(bridgeId);
    },
  };
});

describe('the fake engine', () => {
  it('tells a crash and loses everybody', async () => {
    const clock = new FakeClock();
    const events: ParticipantEvent[] = [];
    const engine = new FakeEngine({ onEvent: (event) => events.push(event), access }, { clock });
    void engine.join(participantPlan('p1'), new AbortController().signal);
    await clock.advance(100);
    engine.crash('out of memory');
    expect(events.slice(-2)).toMatchObject([
      { type: 'engine-failed', reason: 'out of memory', participantIds: ['p1'] },
      { type: 'left', participantId: 'p1', reason: 'out of memory' },
    ]);
  });
});
