/**
 * Values are averaged over blocks first, because neighbouring seconds are not independent: blocks of ten seconds,
 * and a twelfth of what was judged where that is short.
 */
const LONGEST_BLOCK_MS = 10_000;
const SHORTEST_BLOCK_MS = 1000;
const BLOCKS_WANTED = 12;
/** Fewer blocks than this tell no interval. */
export const BLOCKS_NEEDED = 5;
const RESAMPLES = 2000;
const CONFIDENCE = 0.95;

/** Means over blocks of what lies in the steady stages; nulls are left out. */
export function blockMeans(
  tMs: readonly number[],
  values: readonly (number | null)[],
  isSteady: (tMs: number) => boolean,
): number[] {
  const steady = tMs.filter(isSteady);
  const startMs = steady[0] ?? 0;
  const spanMs = (steady.at(-1) ?? 0) - startMs;
  const blockMs = Math.min(LONGEST_BLOCK_MS, Math.max(SHORTEST_BLOCK_MS, spanMs / BLOCKS_WANTED));
  const blocks = new Map<number, { sum: number; count: number }>();
  for (const [i, t] of tMs.entries()) {
    const value = values[i] ?? null;
    if (value === null || !isSteady(t)) continue;
    const key = Math.floor((t - startMs) / blockMs);
    const block = blocks.get(key) ?? { sum: 0, count: 0 };
    block.sum += value;
    block.count += 1;
    blocks.set(key, block);
  }
  return [...blocks.values()].map((block) => block.sum / block.count);
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * The 95 % confidence interval of mean(b) - mean(a), by the percentile bootstrap (Efron and Tibshirani, "An
 * Introduction to the Bootstrap", chapter 13), resampling each side by itself. The seed is fixed: the same runs
 * always give the same interval. Null with fewer than five values on a side.
 */
export function differenceInterval(a: readonly number[], b: readonly number[]): [number, number] | null {
  if (a.length < BLOCKS_NEEDED || b.length < BLOCKS_NEEDED) return null;
  const random = generator(0x5eed);
  const differences = Array.from(
    { length: RESAMPLES },
    () => resampledMean(b, random) - resampledMean(a, random),
  );
  differences.sort((x, y) => x - y);
  const tail = Math.floor(((1 - CONFIDENCE) / 2) * RESAMPLES);
  return [differences[tail] ?? 0, differences[RESAMPLES - 1 - tail] ?? 0];
}

function resampledMean(values: readonly number[], random: () => number): number {
  let sum = 0;
  for (let i = 0; i < values.length; i += 1) sum += values[Math.floor(random() * values.length)] ?? 0;
  return sum / values.length;
}

/** mulberry32 (T. Ettinger, public domain): small, and the same everywhere. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/**
 * Cliff's delta (Psychological Bulletin 114, 1993): how much more often a value of `b` is above one of `a` than
 * below it, from -1 to 1. It asks nothing of the values' distribution.
 */
export function cliffsDelta(a: readonly number[], b: readonly number[]): number | null {
  if (a.length === 0 || b.length === 0) return null;
  const sorted = a.toSorted((x, y) => x - y);
  let score = 0;
  for (const value of b) score += countBelow(sorted, value) - (sorted.length - countUpTo(sorted, value));
  return score / (a.length * b.length);
}

function countBelow(sorted: readonly number[], value: number): number {
  return partition(sorted, (candidate) => candidate < value);
}

function countUpTo(sorted: readonly number[], value: number): number {
  return partition(sorted, (candidate) => candidate <= value);
}

function partition(sorted: readonly number[], holds: (value: number) => boolean): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(sorted[middle] ?? 0)) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Bounds of Romano and others (2006) for what a delta means. */
export function effectName(delta: number | null): string {
  if (delta === null) return '–';
  const size = Math.abs(delta);
  if (size < 0.147) return 'negligible';
  if (size < 0.33) return 'small';
  return size < 0.474 ? 'medium' : 'large';
}
