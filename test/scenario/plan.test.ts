import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadScenario } from '../../src/scenario/load.ts';
import { planRun } from '../../src/scenario/plan.ts';
import type { RunPlan } from '../../src/scenario/plan-types.ts';

function planOf(rest: string, seed?: number): RunPlan {
  return planRun(loadScenario(`version: 1\nname: test\n${rest}`, 'test.yaml'), seed);
}

describe('joins', () => {
  it('come at n / rate from one origin, without drift', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.01, max: 1000, noNaN: true }),
        fc.integer({ min: 1, max: 300 }),
        (rate, count) => {
          fc.pre(count / rate < 80_000);
          const plan = planOf(
            `participants: [{ count: ${count} }]\nload: { stages: [{ kind: ramp, rate: ${rate.toFixed(6)} }] }\n`,
          );
          const told = Number(rate.toFixed(6));
          for (const [n, participant] of plan.participants.entries()) {
            expect(participant.joinAtMs).toBeCloseTo((n * 1000) / told, 4);
          }
          expect(plan.durationMs).toBeCloseTo((count * 1000) / told, 4);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('come one a second for one leg a second', () => {
    const plan = planOf('participants: [{ count: 50 }]\nload: { stages: [{ kind: ramp, rate: 1 }] }\n');
    expect(plan.participants.map((p) => p.joinAtMs)).toEqual(Array.from({ length: 50 }, (_, n) => n * 1000));
  });

  it('come in steps, at their rate within a step', () => {
    const plan = planOf(
      'participants: [{ count: 5 }]\nload: { stages: [{ kind: steps, size: 2, every: 10s, rate: 4 }] }\n',
    );
    expect(plan.participants.map((p) => p.joinAtMs)).toEqual([0, 250, 10_000, 10_250, 20_000]);
    expect(plan.durationMs).toBe(30_000);
  });

  it('never leave a step, even when its rate is too low for it', () => {
    const plan = planOf(
      'participants: [{ count: 40 }]\nload: { stages: [{ kind: steps, size: 20, every: 1s, rate: 10 }] }\n',
    );
    expect(plan.participants[19]?.joinAtMs).toBeLessThanOrEqual(1000);
    expect(plan.participants[20]?.joinAtMs).toBe(1000);
  });
});

describe('stages', () => {
  it('lie one after the other, and only hold is judged unless said otherwise', () => {
    const plan = planOf(`participants: [{ count: 4 }]
load:
  stages:
    - { kind: ramp, to: 2, over: 4s }
    - { kind: hold, name: half, duration: 5s }
    - { kind: ramp, rate: 1, steady: true }
    - { kind: warm-up, duration: 1s }
    - { kind: hold, duration: 5s }
    - { kind: hold, duration: 5s, steady: false }
    - { kind: ramp-down, to: 1, over: 3s }
`);
    expect(plan.stages.map((s) => [s.name, s.startMs, s.endMs, s.steady, s.participantsAtEnd])).toEqual([
      ['ramp', 0, 4000, false, 2],
      ['half', 4000, 9000, true, 2],
      ['ramp-2', 9000, 11_000, true, 4],
      ['warm-up', 11_000, 12_000, false, 4],
      ['hold', 12_000, 17_000, true, 4],
      ['hold-2', 17_000, 22_000, false, 4],
      ['ramp-down', 22_000, 25_000, false, 1],
    ]);
    expect(plan.participants.map((p) => p.joinAtMs)).toEqual([0, 2000, 9000, 10_000]);
  });

  it('let who joined last leave first', () => {
    const plan = planOf(`participants: [{ count: 3 }]
load: { stages: [{ kind: ramp, rate: 1 }, { kind: ramp-down, to: 1, rate: 1 }] }
`);
    expect(plan.participants.map((p) => p.leaveAtMs)).toEqual([null, 5000, 4000]);
  });

  it('leave out whom no stage lets in', () => {
    const plan = planOf('participants: [{ count: 9 }]\nload: { stages: [{ kind: ramp, to: 4 }] }\n');
    expect(plan.participants).toHaveLength(4);
  });
});

describe('rooms', () => {
  it('are numbered, and participants are dealt out to them in turn', () => {
    const plan = planOf(`rooms: [{ name: 'call {n}', count: 2 }, { name: extra }]
participants:
  - { name: a, count: 4 }
  - { name: b, perRoom: 1, rooms: ['call {n}'] }
`);
    expect(plan.rooms.map((room) => room.name)).toEqual(['call 1', 'call 2', 'extra']);
    expect(plan.participants.map((p) => [p.group, p.roomId])).toEqual([
      ['a', 'r001'],
      ['a', 'r002'],
      ['a', 'r003'],
      ['a', 'r001'],
      ['b', 'r001'],
      ['b', 'r002'],
    ]);
  });

  it('carry their pins', () => {
    const plan = planOf(`target: { bridges: 2, placement: pinned }
rooms: [{ name: a, bridge: 1 }]
participants: [{ count: 1, bridge: 0 }, { count: 1 }]
`);
    expect(plan.rooms[0]?.pinnedBridge).toBe(1);
    expect(plan.participants.map((p) => p.pinnedBridge)).toEqual([0, null]);
    expect(plan.expected.map((load) => load.participants)).toEqual([1, 1]);
  });
});

describe('the seed', () => {
  const shuffled =
    'participants: [{ name: a, count: 20 }, { name: b, count: 20 }]\nload: { order: shuffled }\n';

  it('decides the order when it is shuffled, and the same seed gives the same plan', () => {
    expect(planOf(shuffled, 5)).toEqual(planOf(shuffled, 5));
    const order = (seed: number) =>
      planOf(shuffled, seed)
        .participants.map((p) => p.group)
        .join('');
    expect(order(5)).not.toBe(order(6));
    expect(order(5).replaceAll('b', '')).toHaveLength(20);
  });

  it('names participants by the order in which they join', () => {
    const ids = planOf(shuffled).participants.map((p) => p.id);
    expect(ids[0]).toBe('p0001');
    expect(new Set(ids).size).toBe(40);
    expect(ids.toSorted()).toEqual(ids);
  });
});
