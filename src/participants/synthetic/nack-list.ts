import { type ReceiveStream, StreamField, WINDOW_PACKETS } from '../../packets/types.ts';

/** As libwebrtc's NackRequester: how often one packet is asked for, and when it is hopeless. */
const MAX_REQUESTS = 10;
const MAX_PENDING = 1000;
const MIN_RETRY_MS = 30;

interface Missing {
  requests: number;
  nextMs: number;
}

/** What is missing of one stream and to be asked for again (RFC 4585). */
export class NackList {
  readonly #stream: ReceiveStream;
  readonly #missing = new Map<number, Missing>();

  constructor(stream: ReceiveStream) {
    this.#stream = stream;
  }

  get size(): number {
    return this.#missing.size;
  }

  /** Extended sequence numbers `first … first + count - 1` were skipped. */
  add(first: number, count: number, nowMs: number): void {
    for (let i = Math.max(0, count - MAX_PENDING); i < count; i += 1) {
      this.#missing.set(first + i, { requests: 0, nextMs: nowMs });
    }
  }

  /** Sequence numbers to ask for now, ascending; `abandoned` when some were given up. */
  take(nowMs: number, roundTripTimeMs: number): { sequences: number[]; abandoned: boolean } {
    const sequences: number[] = [];
    let abandoned = this.#missing.size > MAX_PENDING;
    if (abandoned) this.#missing.clear();
    const oldest = (this.#stream.counters[StreamField.highestSequence] ?? 0) - WINDOW_PACKETS;
    for (const [extended, missing] of this.#missing) {
      const bit = extended % WINDOW_PACKETS;
      const arrived = ((this.#stream.window[bit >>> 5] ?? 0) & (1 << (bit & 31))) !== 0;
      if (arrived || extended <= oldest || missing.requests >= MAX_REQUESTS) {
        this.#missing.delete(extended);
        if (!arrived) abandoned = true;
      } else if (missing.nextMs <= nowMs) {
        missing.requests += 1;
        missing.nextMs = nowMs + Math.max(MIN_RETRY_MS, roundTripTimeMs);
        sequences.push(extended & 0xffff);
      }
    }
    return { sequences, abandoned };
  }

  clear(): void {
    this.#missing.clear();
  }
}
