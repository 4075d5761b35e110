import type { GeneratorRow } from '../results/records.ts';
import { samplesNeeded } from '../stats/distribution.ts';

/* Arithmetic in which a missing number stays missing: null in, null out, never 0. */

/** How far the slowest twentieth is below the median; null for fewer than five. */
export function inequality(rates: readonly number[]): number | null {
  if (rates.length < 5) return null;
  const sorted = rates.toSorted((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  const slow = sorted[Math.floor(sorted.length / 20)] ?? 0;
  return median <= 0 ? null : 1 - slow / median;
}

function known(values: readonly (number | null)[]): number[] {
  return values.filter((value) => value !== null);
}

export function total(values: readonly (number | null)[]): number | null {
  const numbers = known(values);
  return numbers.length === 0 ? null : numbers.reduce((sum, value) => sum + value, 0);
}

export function mean(values: readonly (number | null)[]): number | null {
  const sum = total(values);
  return sum === null ? null : sum / known(values).length;
}

export function largest(values: readonly (number | null)[]): number | null {
  const numbers = known(values);
  return numbers.length === 0 ? null : Math.max(...numbers);
}

/** The p95, so that one hiccup of the host decides nothing; the largest of fewer than 20 values. */
export function worstButFewest(values: readonly (number | null)[]): number | null {
  const numbers = known(values);
  if (numbers.length < samplesNeeded(0.95)) return largest(numbers);
  return numbers.toSorted((a, b) => a - b)[Math.ceil(0.95 * numbers.length) - 1] ?? null;
}

/** Each engine's mean, added up. */
export function sumOfMeans(
  rows: readonly GeneratorRow[],
  of: (row: GeneratorRow) => number | null,
): number | null {
  return total([...Map.groupBy(rows, (row) => row.engine).values()].map((group) => mean(group.map(of))));
}

export function busiestMean(
  rows: readonly GeneratorRow[],
  of: (row: GeneratorRow) => number | null,
): { engine: string; mean: number } | null {
  let busiest: { engine: string; mean: number } | null = null;
  for (const [engine, group] of Map.groupBy(rows, (row) => row.engine)) {
    const value = mean(group.map(of));
    if (value !== null && (busiest === null || value > busiest.mean)) busiest = { engine, mean: value };
  }
  return busiest;
}

export function product(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a * b;
}

export function difference(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : Math.max(0, a - b);
}

export function share(part: number | null, whole: number | null): number | null {
  return part === null || whole === null || whole <= 0 ? null : part / whole;
}

export function percent(ratio: number | null): string {
  return ratio === null ? 'an unknown share' : `${(ratio * 100).toFixed(ratio < 0.1 ? 1 : 0)} %`;
}

export function ms(value: number | null): string {
  return value === null ? 'an unknown time' : `${Math.round(value)} ms`;
}
