import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clusterHeadroom, stress } from '../../src/capacity/stress.ts';
import { median, mostCommon, studentFactor95, varianceOf } from '../../src/stats/sample.ts';

const bridge = (bridgeId: string, packetRatePps: number, participants: number) => ({
  bridgeId,
  packetRatePps,
  participants,
});

describe('stress', () => {
  it('is an ordinary division, not clamped', () => {
    expect(stress(12_500, 50_000)).toBe(0.25);
    expect(stress(60_000, 50_000)).toBe(1.2);
  });
});

describe('headroom', () => {
  it('is what fits until a stress of 0.8, in participants of the same kind', () => {
    const told = clusterHeadroom([bridge('a', 4_000, 40), bridge('b', 6_000, 60)], 10_000);
    expect(told.bridges.map((one) => [one.stress, one.sparePps, one.spareParticipants])).toEqual([
      [0.4, 4_000, 40],
      [0.6, 2_000, 20],
    ]);
    expect(told.spareParticipants).toBe(60);
  });

  it('is none beyond it, and unknown while nobody is there', () => {
    expect(clusterHeadroom([bridge('a', 9_500, 95)], 10_000).spareParticipants).toBe(0);
    expect(clusterHeadroom([bridge('a', 0, 0)], 10_000).spareParticipants).toBeNull();
  });

  it('never promises more than fits', () => {
    const rate = fc.integer({ min: 0, max: 20_000 });
    fc.assert(
      fc.property(fc.array(rate, { minLength: 1, maxLength: 8 }), (rates) => {
        const bridges = rates.map((pps, i) => bridge(`b${i}`, pps, Math.ceil(pps / 100)));
        const each =
          rates.reduce((sum, pps) => sum + pps, 0) / bridges.reduce((sum, one) => sum + one.participants, 0);
        for (const [i, one] of clusterHeadroom(bridges, 10_000).bridges.entries()) {
          const more = one.spareParticipants ?? 0;
          if (more > 0) expect((rates[i] ?? 0) + more * each).toBeLessThanOrEqual(8_000 + 1e-6);
        }
      }),
    );
  });
});

describe('the loss of one bridge', () => {
  it.each([
    ['two half full', [5_000, 5_000], true, 1],
    ['two more than half full', [5_100, 5_000], false, 1.01],
    ['three', [6_000, 6_000, 6_000], true, 0.9],
    ['four, the fullest lost', [9_000, 3_000, 3_000, 3_000], true, 0.6],
    ['one alone', [1], false, null],
  ])('%s', (_what, rates, survives, after) => {
    const told = clusterHeadroom(
      rates.map((pps, i) => bridge(`b${i}`, pps, 1)),
      10_000,
    );
    expect(told.survivesLossOfOne).toBe(survives);
    expect(told.stressAfterLoss).toEqual(after);
  });
});

describe('few numbers', () => {
  it('have a median', () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(median([])).toBeNull();
  });

  it('have a variance and an interval by Student from two on', () => {
    expect(varianceOf([1, 2, 3])).toBe(1);
    expect(varianceOf([1])).toBeNull();
    expect(varianceOf([5, 5, 5])).toBe(0);
    expect([1, 2, 3, 31, 500].map(studentFactor95)).toEqual([null, 12.706, 4.303, 2.042, 1.96]);
  });

  it('have one that is there most often, the earlier of equals', () => {
    expect(mostCommon(['a', 'b', 'b'])).toBe('b');
    expect(mostCommon(['a', 'b'])).toBe('a');
    expect(mostCommon([])).toBeNull();
  });
});
