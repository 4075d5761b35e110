import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DUPLICATE_WINDOW_PACKETS, FlowCounter } from '../../src/probe/flow-counter.ts';

function counted(sequences: readonly number[], transitMs: (i: number) => number = () => 5): FlowCounter {
  const flow = new FlowCounter();
  sequences.forEach((sequence, i) => {
    flow.count(sequence, 100, i * 10, i * 10 + transitMs(i));
  });
  return flow;
}

describe('FlowCounter', () => {
  it('counts what a path may do to packets', () => {
    const flow = counted([0, 1, 3, 2, 3, 6]);
    expect(flow).toMatchObject({
      receivedPackets: 5,
      receivedBytes: 500,
      outOfOrderPackets: 1,
      duplicatePackets: 1,
      highestSequence: 6,
    });
  });

  it('agrees with a set for any order, loss and duplication within the window', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 3000 }), { maxLength: 400 }), (sequences) => {
        const flow = counted(sequences);
        const different = new Set(sequences);
        let highest = -1;
        let late = 0;
        const seen = new Set<number>();
        for (const sequence of sequences) {
          if (seen.has(sequence)) continue;
          seen.add(sequence);
          if (sequence < highest) late += 1;
          highest = Math.max(highest, sequence);
        }
        expect(flow.receivedPackets).toBe(different.size);
        expect(flow.duplicatePackets).toBe(sequences.length - different.size);
        expect(flow.outOfOrderPackets).toBe(late);
        expect(flow.highestSequence).toBe(highest);
      }),
    );
  });

  it('forgets what left the window, so a jump of any length is no duplicate', () => {
    const flow = counted([5, 5 + DUPLICATE_WINDOW_PACKETS, 5 + 5 * DUPLICATE_WINDOW_PACKETS]);
    expect(flow).toMatchObject({ receivedPackets: 3, duplicatePackets: 0 });
  });

  it('finds the jitter of RFC 3550 for a transit that alternates: every difference is 2 ms', () => {
    const flow = counted(
      Array.from({ length: 2000 }, (_, i) => i),
      (i) => 10 + (i % 2) * 2,
    );
    expect(flow.jitterMs).toBeCloseTo(2, 6);
    expect(flow.meanJitterMs).toBeCloseTo(2, 1);
  });

  it('repeats within a few percent where the last value of J swings', () => {
    // Uniform in ±3 ms: the mean absolute difference of two is 2 ms.
    let state = 1;
    const random = () => {
      state = (state * 48_271) % 2_147_483_647;
      return state / 2_147_483_647;
    };
    const flow = counted(
      Array.from({ length: 20_000 }, (_, i) => i),
      () => 20 + (random() * 2 - 1) * 3,
    );
    expect(flow.meanJitterMs).toBeGreaterThan(1.94);
    expect(flow.meanJitterMs).toBeLessThan(2.06);
  });

  it('has no jitter before the second packet', () => {
    expect(counted([0]).meanJitterMs).toBeNull();
  });
});
