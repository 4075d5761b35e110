/** Sequence numbers remembered to tell a duplicate from a late packet; older ones count as late. */
export const DUPLICATE_WINDOW_PACKETS = 1 << 16;

/** Counts what one flow delivered: gaps, late packets, duplicates and jitter. */
export class FlowCounter {
  receivedPackets = 0;
  receivedBytes = 0;
  outOfOrderPackets = 0;
  duplicatePackets = 0;
  /** Highest sequence number seen, -1 before the first. */
  highestSequence = -1;
  firstArrivalMs: number | null = null;
  lastArrivalMs: number | null = null;
  /** RFC 3550, appendix A.8: J += (|D| - J) / 16 over packets in order of arrival. */
  jitterMs = 0;
  #jitterSumMs = 0;
  #jitterCount = 0;
  #lastTransitMs: number | null = null;
  readonly #seen = new Uint32Array(DUPLICATE_WINDOW_PACKETS / 32);

  /** One packet; `sentMs` and `arrivedMs` may be of different clocks, only their changes are used. */
  count(sequence: number, sizeBytes: number, sentMs: number, arrivedMs: number): void {
    if (this.#isDuplicate(sequence)) {
      this.duplicatePackets += 1;
      return;
    }
    if (sequence < this.highestSequence) this.outOfOrderPackets += 1;
    else this.highestSequence = sequence;
    this.receivedPackets += 1;
    this.receivedBytes += sizeBytes;
    this.firstArrivalMs ??= arrivedMs;
    this.lastArrivalMs = arrivedMs;
    this.#countTransit(arrivedMs - sentMs);
  }

  /**
   * Mean of J over the packets. RFC 3550's own figure is its value at the end, which swings by a fifth from one
   * moment to the next; the mean has the same expectation and repeats. Null before the second packet.
   */
  get meanJitterMs(): number | null {
    return this.#jitterCount === 0 ? null : this.#jitterSumMs / this.#jitterCount;
  }

  get jitterSamples(): number {
    return this.#jitterCount;
  }

  #countTransit(transitMs: number): void {
    if (this.#lastTransitMs !== null) {
      const difference = Math.abs(transitMs - this.#lastTransitMs);
      this.jitterMs += (difference - this.jitterMs) / 16;
      // J starts at 0 and would drag the mean down until it has settled.
      if (this.receivedPackets > JITTER_WARM_UP_PACKETS || this.#jitterCount === 0) {
        this.#jitterSumMs += this.jitterMs;
        this.#jitterCount += 1;
      }
    }
    this.#lastTransitMs = transitMs;
  }

  /** Marks the number as seen. Numbers that left the window cannot be told and count as new. */
  #isDuplicate(sequence: number): boolean {
    const highest = this.highestSequence;
    if (sequence > highest) {
      this.#forget(highest + 1, sequence);
    } else if (sequence <= highest - DUPLICATE_WINDOW_PACKETS) return false;
    const bit = sequence % DUPLICATE_WINDOW_PACKETS;
    const mask = 1 << (bit & 31);
    const word = this.#seen[bit >>> 5] ?? 0;
    if ((word & mask) !== 0) return true;
    this.#seen[bit >>> 5] = word | mask;
    return false;
  }

  /** Clears the places of the numbers that enter the window. */
  #forget(from: number, to: number): void {
    if (to - from >= DUPLICATE_WINDOW_PACKETS) {
      this.#seen.fill(0);
      return;
    }
    for (let sequence = from; sequence <= to; sequence += 1) {
      const bit = sequence % DUPLICATE_WINDOW_PACKETS;
      this.#seen[bit >>> 5] = (this.#seen[bit >>> 5] ?? 0) & ~(1 << (bit & 31));
    }
  }
}

/** Five time constants of J's filter. */
const JITTER_WARM_UP_PACKETS = 80;
