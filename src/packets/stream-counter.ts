import { FrameTracker } from './frame-tracker.ts';
import {
  type ReceiveStream,
  STREAM_FIELDS,
  StreamField,
  type StreamOptions,
  WINDOW_PACKETS,
} from './types.ts';

/** Extended sequence numbers begin in this cycle, so that a packet from before the first one is not negative. */
const FIRST_CYCLE = 65536;

/** Which extended sequence number `sequence` is, next to `reference`. */
export function extendSequence(sequence: number, reference: number): number {
  return reference + (((sequence - reference) << 16) >> 16);
}

/** SRTP's rollover counter of an extended sequence number. */
export function rolloverOf(extended: number): number {
  return Math.floor(extended / 65536) - 1;
}

export function firstExtended(sequence: number): number {
  return FIRST_CYCLE + sequence;
}

export interface PacketFacts {
  timestamp: number;
  marker: boolean;
  arrivedAtMs: number;
  headerBytes: number;
  payloadBytes: number;
}

export interface Arrival {
  extended: number;
  /** False for a duplicate. */
  isNew: boolean;
  /** How many sequence numbers were skipped right before this one. */
  skipped: number;
}

/** What the TypeScript loop counts of one stream; the native loop does the same in C++. */
export class StreamCounter implements ReceiveStream {
  readonly id: number;
  readonly socketId: number;
  readonly options: StreamOptions;
  readonly counters = new Float64Array(STREAM_FIELDS);
  readonly window = new Uint32Array(WINDOW_PACKETS / 32);
  readonly frames: FrameTracker;
  /** Highest extended sequence number on the retransmission SSRC; 0: none yet. */
  rtxHighest = 0;
  /** Timestamp of the newest packet whose payload was looked into. */
  peekedTimestamp = -1;
  readonly #has = (extended: number): boolean => this.has(extended);

  constructor(id: number, socketId: number, options: StreamOptions) {
    this.id = id;
    this.socketId = socketId;
    this.options = options;
    this.frames = new FrameTracker(this.counters);
  }

  has(extended: number): boolean {
    const bit = extended % WINDOW_PACKETS;
    return ((this.window[bit >>> 5] ?? 0) & (1 << (bit & 31))) !== 0;
  }

  /** Extended sequence number that a packet with this sequence number would have. */
  extend(sequence: number): number {
    const highest = this.counters[StreamField.highestSequence] ?? 0;
    return highest === 0 ? firstExtended(sequence) : extendSequence(sequence, highest);
  }

  /** Counts a packet of the main SSRC, or one that a retransmission brought back. */
  count(sequence: number, packet: PacketFacts, repaired: boolean): Arrival {
    const extended = this.extend(sequence);
    const c = this.counters;
    if (repaired) {
      this.#add(StreamField.retransmitted, 1);
    } else {
      this.#add(StreamField.packets, 1);
      this.#add(StreamField.payloadBytes, packet.payloadBytes);
      this.#add(StreamField.headerBytes, packet.headerBytes);
      c[StreamField.lastArrivalMs] = packet.arrivedAtMs;
    }
    const highest = c[StreamField.highestSequence] ?? 0;
    if (highest === 0) this.#first(extended, packet.arrivedAtMs);
    const skipped = highest === 0 ? 0 : this.#place(extended, highest, repaired);
    if (skipped < 0) return { extended, isNew: false, skipped: 0 };
    this.#add(StreamField.unique, 1);
    if (!repaired) this.#jitter(packet);
    if (this.options.format !== 'opus') {
      this.frames.add(extended, packet.timestamp, packet.marker, packet.arrivedAtMs, this.#has);
    }
    return { extended, isNew: true, skipped };
  }

  #add(field: number, amount: number): void {
    this.counters[field] = (this.counters[field] ?? 0) + amount;
  }

  #first(extended: number, arrivedAtMs: number): void {
    this.counters[StreamField.baseSequence] = extended;
    this.counters[StreamField.highestSequence] = extended;
    this.counters[StreamField.firstArrivalMs] = arrivedAtMs;
    this.#set(extended);
  }

  /** Enters the packet in the window. Returns how many were skipped before it, -1 for a duplicate. */
  #place(extended: number, highest: number, repaired: boolean): number {
    if (extended > highest) {
      const skipped = extended - highest - 1;
      if (skipped >= WINDOW_PACKETS) this.window.fill(0);
      else for (let missing = highest + 1; missing < extended; missing += 1) this.#clear(missing);
      this.#set(extended);
      this.counters[StreamField.highestSequence] = extended;
      this.#add(StreamField.lostBeforeRepair, skipped);
      return skipped;
    }
    if (extended <= highest - WINDOW_PACKETS || this.has(extended)) {
      if (!repaired) this.#add(StreamField.duplicates, 1);
      return -1;
    }
    this.#set(extended);
    const base = this.counters[StreamField.baseSequence] ?? 0;
    if (extended < base) this.counters[StreamField.baseSequence] = extended;
    if (repaired) return 0;
    this.#add(StreamField.outOfOrder, 1);
    if (extended > base) this.#add(StreamField.lostBeforeRepair, -1);
    return 0;
  }

  #set(extended: number): void {
    const bit = extended % WINDOW_PACKETS;
    this.window[bit >>> 5] = (this.window[bit >>> 5] ?? 0) | (1 << (bit & 31));
  }

  #clear(extended: number): void {
    const bit = extended % WINDOW_PACKETS;
    this.window[bit >>> 5] = (this.window[bit >>> 5] ?? 0) & ~(1 << (bit & 31));
  }

  /** RFC 3550, A.8. */
  #jitter({ timestamp, arrivedAtMs }: PacketFacts): void {
    const c = this.counters;
    const arrival = Math.round((arrivedAtMs * this.options.clockRateHz) / 1000);
    const transit = (arrival - timestamp) | 0;
    if ((c[StreamField.unique] ?? 0) > 1) {
      const difference = Math.abs((transit - (c[StreamField.transit] ?? 0)) | 0);
      const jitter = c[StreamField.jitter] ?? 0;
      c[StreamField.jitter] = jitter + (difference - jitter) / 16;
    }
    c[StreamField.transit] = transit;
  }
}
