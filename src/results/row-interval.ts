/** Rows that `tracks.csv` and `participants.csv` may have, each, before their rows are written more rarely. */
export const ROW_BUDGET = 200_000;
const INTERVALS_MS = [1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000];

/** The interval at which `count` tracks or participants, for `durationMs`, stay within the budget of rows. */
export function rowIntervalMs(count: number, durationMs: number, sampleIntervalMs: number): number {
  const wantedMs = (count * durationMs) / ROW_BUDGET;
  if (wantedMs <= sampleIntervalMs) return sampleIntervalMs;
  return INTERVALS_MS.find((interval) => interval >= wantedMs) ?? 600_000;
}

/**
 * Which samples become rows. All of them while they stay within the budget; when there are more tracks than that
 * allows, one in each interval for each. The interval only grows, and only with the number of tracks, so a run of
 * usual size has a row a sample. Distributions get every sample either way.
 */
export class RowThinning {
  readonly #durationMs: number;
  readonly #sampleIntervalMs: number;
  /** When the last row of each was written. */
  readonly #slots = new Map<string, number>();
  #intervalMs: number;

  constructor(expected: number, durationMs: number, sampleIntervalMs: number) {
    this.#durationMs = durationMs;
    this.#sampleIntervalMs = sampleIntervalMs;
    this.#intervalMs = rowIntervalMs(expected, durationMs, sampleIntervalMs);
  }

  get intervalMs(): number {
    return this.#intervalMs;
  }

  /** Whether the sample of `key` at `tMs` is to be a row. */
  take(key: string, tMs: number): boolean {
    const isNew = !this.#slots.has(key);
    if (this.#intervalMs > this.#sampleIntervalMs) {
      // Slots are counted from the origin, so that the rows of all fall on the same ticks.
      const slot = Math.floor(tMs / this.#intervalMs);
      if (this.#slots.get(key) === slot) return false;
      this.#slots.set(key, slot);
    } else if (isNew) this.#slots.set(key, -1);
    if (isNew) {
      const wanted = rowIntervalMs(this.#slots.size, this.#durationMs, this.#sampleIntervalMs);
      this.#intervalMs = Math.max(this.#intervalMs, wanted);
    }
    return true;
  }
}
