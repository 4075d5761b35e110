import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Distribution, EXACT_LIMIT, RELATIVE_ACCURACY, samplesNeeded } from '../../src/stats/distribution.ts';

/** The independent oracle: nearest rank in a sorted array. */
function nearestRank(values: readonly number[], quantile: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(1, Math.ceil(quantile * sorted.length - 1e-9)) - 1] ?? Number.NaN;
}

function of(values: readonly number[]): Distribution {
  const distribution = new Distribution();
  for (const value of values) distribution.add(value);
  return distribution;
}

const value = fc.oneof(
  fc.double({ min: 0, max: 1e9, noNaN: true }),
  fc.constant(0),
  fc.integer({ min: 0, max: 50 }),
  fc.double({ min: 1e-6, max: 1e-3, noNaN: true }),
);
const quantile = fc.double({ min: 0, max: 1, noNaN: true });
const few = fc.array(value, { minLength: 1, maxLength: EXACT_LIMIT });
const many = fc.array(value, { minLength: EXACT_LIMIT + 1, maxLength: 4 * EXACT_LIMIT });

describe('quantile', () => {
  it('is exact up to the limit', () => {
    fc.assert(
      fc.property(few, quantile, (values, q) => {
        const enough = values.length >= samplesNeeded(q);
        expect(of(values).quantile(q)).toBe(enough ? nearestRank(values, q) : null);
      }),
    );
  });

  it('is within the relative accuracy beyond it', () => {
    fc.assert(
      fc.property(many, fc.constantFrom(0, 0.01, 0.5, 0.9, 0.95, 0.99, 1), (values, q) => {
        const truth = nearestRank(values, q);
        const told = of(values).quantile(q) ?? Number.NaN;
        // Below a billionth a value counts as zero.
        expect(Math.abs(told - truth)).toBeLessThanOrEqual(truth * RELATIVE_ACCURACY * 1.0001 + 1e-9);
      }),
      { numRuns: 40 },
    );
  });

  it('is the rank of the definition, whatever floating point makes of it', () => {
    const hundred = of(Array.from({ length: 100 }, (_, i) => i + 1));
    for (const percent of [7, 14, 28, 29, 55, 56, 57, 58, 95, 99]) {
      expect(hundred.quantile(percent / 100)).toBe(percent);
    }
  });

  it('is not told from too few samples', () => {
    expect(samplesNeeded(0.95)).toBe(20);
    expect(samplesNeeded(0.99)).toBe(100);
    expect(samplesNeeded(0.999)).toBe(1000);
    expect(of(Array.from({ length: 19 }, (_, i) => i)).quantile(0.95)).toBeNull();
    expect(of(Array.from({ length: 20 }, (_, i) => i)).quantile(0.95)).toBe(18);
    expect(new Distribution().quantile(0.5)).toBeNull();
  });
});

describe('moments', () => {
  it('keep count, sum, minimum and maximum whatever the size', () => {
    fc.assert(
      fc.property(fc.oneof(few, many), (values) => {
        const distribution = of(values);
        const sum = values.reduce((total, one) => total + one, 0);
        expect(distribution.count).toBe(values.length);
        expect(distribution.sum).toBeCloseTo(sum, 3);
        expect(distribution.mean).toBeCloseTo(sum / values.length, 3);
        expect(distribution.min).toBe(Math.min(...values));
        expect(distribution.max).toBe(Math.max(...values));
      }),
      { numRuns: 40 },
    );
  });

  it('are null without samples, never 0', () => {
    const empty = new Distribution();
    expect([empty.mean, empty.min, empty.max]).toEqual([null, null, null]);
    expect(empty.count).toBe(0);
  });

  it('refuse what cannot be measured', () => {
    for (const bad of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(() => new Distribution().add(bad)).toThrow(RangeError);
    }
  });
});

describe('merge', () => {
  it('tells the same as one distribution of everything, in any order and grouping', () => {
    const parts = fc.array(fc.array(value, { maxLength: 400 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(parts, fc.constantFrom(0, 0.5, 0.95, 1), (groups, q) => {
        const merged = new Distribution();
        for (const group of groups.toReversed()) merged.merge(of(group));
        const whole = of(groups.flat());
        expect(merged.count).toBe(whole.count);
        expect(merged.min).toBe(whole.min);
        expect(merged.max).toBe(whole.max);
        expect(merged.sum).toBeCloseTo(whole.sum, 3);
        const [a, b] = [merged.quantile(q), whole.quantile(q)];
        if (a === null || b === null) expect(a).toBe(b);
        else expect(Math.abs(a - b)).toBeLessThanOrEqual(2 * RELATIVE_ACCURACY * b + 1e-9);
      }),
      { numRuns: 60 },
    );
  });

  it('leaves what it merged untouched', () => {
    const other = of(Array.from({ length: EXACT_LIMIT }, (_, i) => i));
    const before = JSON.stringify(other);
    const target = of([1, 2, 3]);
    target.merge(other);
    target.merge(other);
    expect(JSON.stringify(other)).toBe(before);
  });
});

describe('JSON', () => {
  it('comes back as it was', () => {
    fc.assert(
      fc.property(fc.oneof(few, many, fc.constant([])), (values) => {
        const before = of(values);
        const after = Distribution.fromJSON(JSON.parse(JSON.stringify(before)));
        expect(after.toJSON()).toEqual(before.toJSON());
        for (const q of [0, 0.5, 0.95, 1]) expect(after.quantile(q)).toBe(before.quantile(q));
      }),
      { numRuns: 40 },
    );
  });

  it('can be added to afterwards', () => {
    const after = Distribution.fromJSON(JSON.parse(JSON.stringify(of([1, 2]))));
    after.add(3);
    expect(after.quantile(1)).toBe(3);
    expect(after.count).toBe(3);
  });
});
