import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checkShape,
  createSchedule,
  flowCount,
  meanPacketBytes,
  type TrafficShape,
} from '../../src/probe/shapes.ts';

function packetsUntil(shape: TrafficShape, flows: number, untilMs: number) {
  const schedule = createSchedule(shape, flows);
  const packets: { dueMs: number; flow: number; sizeBytes: number }[] = [];
  while (schedule.nextDueMs < untilMs) packets.push({ ...schedule.take() });
  return packets;
}

const paced: fc.Arbitrary<TrafficShape> = fc.oneof(
  fc.record({
    kind: fc.constant('constant' as const),
    sizeBytes: fc.integer({ min: 32, max: 1400 }),
    ratePps: fc.integer({ min: 100, max: 20_000 }),
  }),
  fc.record({ kind: fc.constant('audio' as const), ratePps: fc.integer({ min: 100, max: 20_000 }) }),
  fc.record({ kind: fc.constant('video' as const), ratePps: fc.integer({ min: 1000, max: 20_000 }) }),
  fc.record({ kind: fc.constant('mix' as const), ratePps: fc.integer({ min: 1000, max: 20_000 }) }),
);

describe('every shape', () => {
  it('keeps its rate over whole key frame periods, in order, on its own flows', () => {
    fc.assert(
      fc.property(paced, fc.integer({ min: 1, max: 8 }), (shape, flows) => {
        const packets = packetsUntil(shape, flows, 4000);
        expect(packets.length / 4).toBeGreaterThan((shape.ratePps ?? 0) * 0.97 - flows * 2);
        expect(packets.length / 4).toBeLessThan((shape.ratePps ?? 0) * 1.03 + flows * 2);
        const last = packets.length - 1;
        const inOrder = packets.every(({ dueMs }, i) => i === last || dueMs <= (packets[i + 1]?.dueMs ?? 0));
        expect(inOrder).toBe(true);
        expect(packets.every(({ flow }) => flow < flowCount(shape, flows))).toBe(true);
      }),
      { numRuns: 30 },
    );
  });
});

describe('shapes', () => {
  it('spaces audio evenly without adding rounding up', () => {
    const packets = packetsUntil({ kind: 'audio', ratePps: 30_000 }, 1, 10_000);
    expect(packets).toHaveLength(300_000);
    expect(packets.at(-1)?.dueMs).toBeCloseTo(10_000 - 1 / 30, 6);
  });

  it('sends the packets of a video frame at once, six times as many for a key frame', () => {
    const bursts = new Map<number, number>();
    for (const { dueMs } of packetsUntil({ kind: 'video', ratePps: 1950 }, 1, 2000))
      bursts.set(dueMs, (bursts.get(dueMs) ?? 0) + 1);
    expect([...bursts.values()].sort((a, b) => b - a).slice(0, 2)).toEqual([360, 60]);
  });

  it('mixes a quarter audio with three quarters video', () => {
    const packets = packetsUntil({ kind: 'mix', ratePps: 8000 }, 2, 4000);
    const audio = packets.filter(({ sizeBytes }) => sizeBytes === 100).length;
    expect(audio / packets.length).toBeCloseTo(0.25, 1);
    expect(meanPacketBytes({ kind: 'mix', ratePps: 1 })).toBe(925);
  });

  it.each([
    [{ kind: 'constant', sizeBytes: 31, ratePps: 1 }, 1],
    [{ kind: 'constant', sizeBytes: 65_508, ratePps: 1 }, 1],
    [{ kind: 'constant', sizeBytes: 100.5, ratePps: 1 }, 1],
    [{ kind: 'audio', ratePps: 0 }, 1],
    [{ kind: 'audio', ratePps: 100 }, 0],
    [{ kind: 'audio', ratePps: 100 }, 129],
  ] as [TrafficShape, number][])('refuses %j on %i flows', (shape, flows) => {
    expect(() => checkShape(shape, flows)).toThrow(expect.objectContaining({ exitCode: 2 }));
  });
});
