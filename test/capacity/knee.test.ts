import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findKnee } from '../../src/capacity/knee.ts';
import type { CurvePoint } from '../../src/capacity/segmented-fit.ts';
import { seededRandom } from '../../src/stats/random.ts';

/** A curve that is flat up to `knee` and steep beyond, with noise of a known size. */
function curve(
  knee: number,
  options: { n?: number; noise?: number; after?: number; seed?: number } = {},
): CurvePoint[] {
  const { n = 20, noise = 0, after = 0.01, seed = 1 } = options;
  const random = seededRandom(seed);
  return Array.from({ length: n }, (_, i) => {
    const x = ((i + 1) * 50_000) / n;
    return { x, y: 2 + 0.0001 * x + after * Math.max(0, x - knee) + noise * (random() - 0.5) };
  });
}

describe('a curve with a known knee', () => {
  it('has it found, wherever it is', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 6_000, max: 44_000, noNaN: true }),
        fc.integer({ min: 8, max: 60 }),
        (knee, n) => {
          const span = 50_000 / n;
          fc.pre(knee > 3 * span && knee < 50_000 - 3 * span);
          const found = findKnee(curve(knee, { n }));
          expect(Math.abs((found?.x ?? 0) - knee)).toBeLessThan(0.01 * knee);
          expect(found?.slopeAfter).toBeCloseTo(0.0101, 4);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('has it found within 5 % under noise, and within its band in nine of ten', () => {
    const knees = [15_000, 22_000, 30_000, 38_000].flatMap((knee) =>
      Array.from({ length: 10 }, (_, seed) => ({
        knee,
        found: findKnee(curve(knee, { noise: 10, seed, n: 30 })),
      })),
    );
    const close = knees.filter(({ knee, found }) => Math.abs((found?.x ?? 0) - knee) < 0.05 * knee);
    const covered = knees.filter(({ knee, found }) => {
      const band = found?.band;
      return band !== null && band !== undefined && band.low <= knee && knee <= band.high;
    });
    expect(close).toHaveLength(knees.length);
    expect(covered.length).toBeGreaterThanOrEqual(0.9 * knees.length);
  });

  it('has it found near where a queue fills: delay as 1 / (1 - load)', () => {
    const points = Array.from({ length: 19 }, (_, i) => ({
      x: (i + 1) * 5,
      y: 1 / (1 - ((i + 1) * 5) / 100),
    }));
    const found = findKnee(points);
    expect(found?.x).toBeGreaterThan(75);
    expect(found?.x).toBeLessThan(95);
  });

  it('is found whatever the order of the points', () => {
    const points = curve(20_000, { noise: 1 });
    expect(findKnee(points.toReversed())).toEqual(findKnee(points));
  });
});

describe('no knee is told', () => {
  it.each([
    ['of a straight line', Array.from({ length: 10 }, (_, x) => ({ x, y: 3 * x }))],
    ['of noise', curve(60_000, { noise: 5, n: 30 })],
    ['of a curve that bends down', Array.from({ length: 10 }, (_, x) => ({ x, y: Math.min(x, 5) }))],
    ['of three points', curve(20_000, { n: 3 })],
    ['of nothing', []],
    ['of one load again and again', Array.from({ length: 10 }, (_, y) => ({ x: 5, y }))],
  ])('%s', (_what, points) => {
    expect(findKnee(points)).toBeNull();
  });
});
