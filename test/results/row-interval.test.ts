import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ROW_BUDGET, RowThinning, rowIntervalMs } from '../../src/results/row-interval.ts';

test('a run of usual size has a row a sample; an hour of 5,000 tracks one in two minutes', () => {
  expect(rowIntervalMs(100, 60_000, 1000)).toBe(1000);
  expect(rowIntervalMs(5000, 3_600_000, 1000)).toBe(120_000);
});

test('the budget of rows holds for any number of tracks and any duration', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 20_000 }),
      fc.integer({ min: 10_000, max: 6 * 3_600_000 }),
      (count, durationMs) => {
        const interval = rowIntervalMs(count, durationMs, 1000);
        fc.pre(interval < 600_000);
        expect((count * durationMs) / interval).toBeLessThanOrEqual(ROW_BUDGET * 1.0001);
      },
    ),
  );
});

test('each track has one row an interval, at the same ticks, and the interval grows with their number', () => {
  const thinning = new RowThinning(0, 3_600_000, 1000);
  const taken = new Map<string, number[]>();
  for (let second = 1; second <= 40; second += 1) {
    // 200 tracks fill 720,000 rows an hour: beyond the budget from the 56th on.
    for (let track = 0; track < 200; track += 1) {
      const key = `t${track}`;
      if (thinning.take(key, second * 1000)) taken.set(key, [...(taken.get(key) ?? []), second]);
    }
  }
  expect(thinning.intervalMs).toBe(5000);
  expect(taken.get('t0')).toEqual(expect.arrayContaining([1, 5, 10, 15, 20, 25, 30, 35, 40]));
  expect(taken.get('t199')).toEqual([1, 5, 10, 15, 20, 25, 30, 35, 40]);
});
