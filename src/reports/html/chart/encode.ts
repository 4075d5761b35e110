import { deflateRawSync } from 'node:zlib';
import type { Values } from '../../model/types.ts';
import type { EncodedLine } from './types.ts';

/** A line keeps at most this many columns of two values for the page's script to zoom into. */
const COLUMNS = 900;
/** Values are kept in steps of this share of the line's highest one. */
const STEPS = 4000;
/** Times are kept in tenths of a second. */
const TIME_UNIT_MS = 100;

/**
 * The lines of every chart as one text: numbers as differences, in as few bytes as they need (LEB128), deflated,
 * base64. The page's script reads it; a page without script shows the same lines drawn.
 */
export class LineData {
  readonly #bytes: number[] = [];

  add(tMs: readonly number[], values: Values): EncodedLine {
    const indices = thin(tMs, values, COLUMNS);
    const highest = values.reduce<number>((high, value) => Math.max(high, Math.abs(value ?? 0)), 0);
    // Values so small that their steps would be zero are zero.
    const step = highest > 1e-300 ? highest / STEPS : 1;
    this.#number(indices.length);
    let time = 0;
    for (const i of indices) {
      const next = Math.round((tMs[i] ?? 0) / TIME_UNIT_MS);
      this.#number(Math.max(0, next - time));
      time = Math.max(time, next);
    }
    let before = 0;
    for (const i of indices) {
      const value = values[i] ?? null;
      if (value === null) {
        this.#number(0);
        continue;
      }
      const steps = Math.round(value / step);
      const difference = steps - before;
      // Zigzag, and one up, because zero says that there is no value.
      this.#number((difference < 0 ? -2 * difference - 1 : 2 * difference) + 1);
      before = steps;
    }
    return { step };
  }

  toBase64(): string {
    return deflateRawSync(Buffer.from(this.#bytes), { level: 9 }).toString('base64');
  }

  #number(value: number): void {
    let rest = value;
    while (rest >= 128) {
      this.#bytes.push((rest % 128) + 128);
      rest = Math.floor(rest / 128);
    }
    this.#bytes.push(rest);
  }
}

/** Indices of the lowest and the highest value of each column, or all of them when they are few. */
function thin(tMs: readonly number[], values: Values, columns: number): number[] {
  if (tMs.length <= 2 * columns) return [...tMs.keys()];
  const kept: number[] = [];
  for (let column = 0; column < columns; column += 1) {
    const start = Math.floor((column * tMs.length) / columns);
    const end = Math.floor(((column + 1) * tMs.length) / columns);
    let low = start;
    let high = start;
    for (let i = start; i < end; i += 1) {
      if ((values[i] ?? Number.POSITIVE_INFINITY) < (values[low] ?? Number.POSITIVE_INFINITY)) low = i;
      if ((values[i] ?? Number.NEGATIVE_INFINITY) > (values[high] ?? Number.NEGATIVE_INFINITY)) high = i;
    }
    kept.push(Math.min(low, high));
    if (low !== high) kept.push(Math.max(low, high));
  }
  return kept;
}
