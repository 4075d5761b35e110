/** Packets that leave later than this after they were due count as late. */
export const LATE_MS = 20;
const BUCKET_MS = 0.5;
const BUCKETS = 400;

/** How late packets left, in buckets of half a millisecond up to 200 ms. */
export class LatenessMeter {
  scheduled = 0;
  sent = 0;
  late = 0;
  readonly #buckets = new Uint32Array(BUCKETS + 1);

  record(packets: number, latenessMs: number): void {
    this.scheduled += packets;
    this.sent += packets;
    if (latenessMs > LATE_MS) this.late += packets;
    const bucket = Math.min(BUCKETS, Math.max(0, Math.floor(latenessMs / BUCKET_MS)));
    this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + packets;
  }

  /** Packets that were given up because the generator was too far behind. */
  skip(packets: number): void {
    this.scheduled += packets;
  }

  /** The buckets filled since the last call. */
  take(): Uint32Array {
    const taken = this.#buckets.slice();
    this.#buckets.fill(0);
    return taken;
  }
}

/** The upper end of the bucket that holds the 99th percentile of several meters' buckets; null without packets. */
export function latenessP99Ms(all: readonly Uint32Array[]): number | null {
  const total = all.reduce((sum, buckets) => sum + buckets.reduce((inner, count) => inner + count, 0), 0);
  if (total === 0) return null;
  let seen = 0;
  for (let bucket = 0; bucket <= BUCKETS; bucket += 1) {
    for (const buckets of all) seen += buckets[bucket] ?? 0;
    if (seen >= 0.99 * total) return (bucket + 1) * BUCKET_MS;
  }
  return BUCKETS * BUCKET_MS;
}

/**
 * How late a thread comes to what it set itself a time for. It wakes up every few milliseconds anyway; a histogram of
 * perf_hooks would wake it up besides.
 */
export class DelayMeter {
  #count = 0;
  #sumMs = 0;
  #maxMs = 0;

  record(delayMs: number): void {
    this.#count += 1;
    this.#sumMs += Math.max(0, delayMs);
    this.#maxMs = Math.max(this.#maxMs, delayMs);
  }

  /** Of the delays since the last call; null when there were none. */
  take(): { meanMs: number; maxMs: number } | null {
    if (this.#count === 0) return null;
    const taken = { meanMs: this.#sumMs / this.#count, maxMs: this.#maxMs };
    this.#count = 0;
    this.#sumMs = 0;
    this.#maxMs = 0;
    return taken;
  }
}
