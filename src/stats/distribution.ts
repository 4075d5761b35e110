/**
 * A mergeable distribution of non-negative numbers: exact while it is small, then logarithmic buckets with a
 * bounded relative error, so that an hour of a thousand participants is kilobytes and percentiles of merged
 * windows stay true. The bucket rule is DDSketch's (Masson, Rim, Lee: "DDSketch", VLDB 2019, section 2):
 * value x goes to bucket ceil(log_gamma(x)), gamma = (1 + a) / (1 - a), which bounds the relative error by a.
 */

/** Relative error of a percentile once values are in buckets. */
export const RELATIVE_ACCURACY = 0.005;
/** Up to this many values are kept as they are, and percentiles are exact. */
export const EXACT_LIMIT = 512;

const GAMMA = (1 + RELATIVE_ACCURACY) / (1 - RELATIVE_ACCURACY);
const LOG_GAMMA = Math.log(GAMMA);
/** What is smaller counts as zero. */
const SMALLEST = 1e-9;

/** As it is written to disk; `exact` or `buckets`, never both. */
export interface DistributionData {
  count: number;
  sum: number;
  min: number | null;
  max: number | null;
  exact?: number[];
  zero?: number;
  /** Bucket index and count, in order of index. */
  buckets?: [number, number][];
}

/** A percentile is not told from fewer samples than this: 20 for p95 and p5, 100 for p99 and p1. */
export function samplesNeeded(quantile: number): number {
  return quantile >= 1 || quantile <= 0
    ? 1
    : Math.max(2, Math.ceil(1 / Math.min(quantile, 1 - quantile) - 1e-9));
}

export class Distribution {
  #count = 0;
  #sum = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;
  #exact: number[] | null = [];
  #zero = 0;
  #buckets = new Map<number, number>();

  /** Adds one value. Throws RangeError for what is not a finite number of at least 0. */
  add(value: number): void {
    if (!Number.isFinite(value) || value < 0) throw new RangeError(`not a measurable value: ${value}`);
    this.#count += 1;
    this.#sum += value;
    this.#min = Math.min(this.#min, value);
    this.#max = Math.max(this.#max, value);
    if (this.#exact === null) this.#addToBucket(value, 1);
    else {
      this.#exact.push(value);
      if (this.#exact.length > EXACT_LIMIT) this.#spill();
    }
  }

  merge(other: Distribution): void {
    if (other.#count === 0) return;
    this.#count += other.#count;
    this.#sum += other.#sum;
    this.#min = Math.min(this.#min, other.#min);
    this.#max = Math.max(this.#max, other.#max);
    if (
      this.#exact !== null &&
      other.#exact !== null &&
      this.#exact.length + other.#exact.length <= EXACT_LIMIT
    ) {
      this.#exact.push(...other.#exact);
      return;
    }
    this.#spill();
    for (const value of other.#exact ?? []) this.#addToBucket(value, 1);
    this.#zero += other.#zero;
    for (const [index, count] of other.#buckets) this.#bump(index, count);
  }

  get count(): number {
    return this.#count;
  }

  get sum(): number {
    return this.#sum;
  }

  get mean(): number | null {
    return this.#count === 0 ? null : this.#sum / this.#count;
  }

  get min(): number | null {
    return this.#count === 0 ? null : this.#min;
  }

  get max(): number | null {
    return this.#count === 0 ? null : this.#max;
  }

  /**
   * The nearest-rank quantile, `quantile` from 0 to 1; null when there are fewer samples than `samplesNeeded`.
   * Exact up to `EXACT_LIMIT` samples, else within `RELATIVE_ACCURACY`.
   */
  quantile(quantile: number): number | null {
    if (this.#count < samplesNeeded(quantile)) return null;
    // 0.07 * 100 is a little more than 7, and must still be rank 7.
    const rank = Math.max(1, Math.ceil(quantile * this.#count - 1e-9));
    if (this.#exact !== null) return this.#exact.toSorted((a, b) => a - b)[rank - 1] ?? null;
    let seen = this.#zero;
    if (seen >= rank) return 0;
    for (const [index, count] of this.#sorted()) {
      seen += count;
      if (seen >= rank) return Math.min(this.#max, Math.max(this.#min, (2 * GAMMA ** index) / (GAMMA + 1)));
    }
    return this.#max;
  }

  toJSON(): DistributionData {
    const data: DistributionData = { count: this.#count, sum: this.#sum, min: this.min, max: this.max };
    if (this.#exact !== null) data.exact = [...this.#exact];
    else {
      data.zero = this.#zero;
      data.buckets = this.#sorted();
    }
    return data;
  }

  static fromJSON(data: DistributionData): Distribution {
    const result = new Distribution();
    result.#count = data.count;
    result.#sum = data.sum;
    result.#min = data.min ?? Number.POSITIVE_INFINITY;
    result.#max = data.max ?? Number.NEGATIVE_INFINITY;
    if (data.buckets !== undefined) {
      result.#exact = null;
      result.#zero = data.zero ?? 0;
      result.#buckets = new Map(data.buckets);
    } else result.#exact = [...(data.exact ?? [])];
    return result;
  }

  #sorted(): [number, number][] {
    return [...this.#buckets].sort(([a], [b]) => a - b);
  }

  #spill(): void {
    const values = this.#exact ?? [];
    this.#exact = null;
    for (const value of values) this.#addToBucket(value, 1);
  }

  #addToBucket(value: number, count: number): void {
    if (value < SMALLEST) this.#zero += count;
    else this.#bump(Math.ceil(Math.log(value) / LOG_GAMMA), count);
  }

  #bump(index: number, count: number): void {
    this.#buckets.set(index, (this.#buckets.get(index) ?? 0) + count);
  }
}
