/** Blocks that a soak is divided into; their means are nearly independent where single readings are not. */
export const BLOCKS = 15;
/** Student's t for BLOCKS - 2 degrees of freedom, 95 % on both sides together. */
const T_95 = 2.16;

export interface Point {
  atMs: number;
  value: number;
}

export interface Slope {
  perHour: number;
  /** Ends of the 95 % confidence interval. */
  low: number;
  high: number;
}

/**
 * Least squares through the means of BLOCKS equal stretches of time. A heap rises until it is collected, so one
 * reading is much like the next, and a fit through all of them would claim more confidence than there is.
 */
export function slopeOf(points: readonly Point[]): Slope {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) throw new Error('no readings');
  const lengthMs = (last.atMs - first.atMs) / BLOCKS;
  const blocks = Array.from({ length: BLOCKS }, (_, i) => {
    const from = first.atMs + i * lengthMs;
    // The last reading belongs to the last block.
    const within = points.filter(
      ({ atMs }) => atMs >= from && (atMs < from + lengthMs || (i === BLOCKS - 1 && atMs >= from)),
    );
    if (within.length === 0) throw new Error('too few readings for a slope');
    return {
      hours: mean(within.map(({ atMs }) => atMs - first.atMs)) / 3_600_000,
      value: mean(within.map(({ value }) => value)),
    };
  });
  const hours = mean(blocks.map((block) => block.hours));
  const value = mean(blocks.map((block) => block.value));
  const spread = sum(blocks.map((block) => (block.hours - hours) ** 2));
  const perHour = sum(blocks.map((block) => (block.hours - hours) * (block.value - value))) / spread;
  const residual = sum(blocks.map((block) => (block.value - value - perHour * (block.hours - hours)) ** 2));
  const margin = T_95 * Math.sqrt(residual / (BLOCKS - 2) / spread);
  return { perHour, low: perHour - margin, high: perHour + margin };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}
