import { beginsKeyFrame, PEEK_BYTES } from './key-frame.ts';
import { findExtension, get16, get32, headerLength } from './rtp-header.ts';
import type { SrtpTransform } from './srtp-transform.ts';
import {
  extendSequence,
  firstExtended,
  type PacketFacts,
  rolloverOf,
  StreamCounter,
} from './stream-counter.ts';
import {
  ARRIVALS,
  type PacketHandlers,
  type ReceiveExtensions,
  SocketField,
  StreamField,
  type StreamOptions,
} from './types.ts';

/** Beyond the first packet of a stream, one packet in this many has its authentication tag verified. */
export const AUTHENTICATED_ONE_IN = 64;
const ARRIVAL_TICK_MS = 0.25;
/** Seconds from 1900 (NTP) to 1970. */
const NTP_EPOCH_S = 2_208_988_800;

export interface ReceiverClock {
  epochMs: number;
  /** Unix time minus monotonic time. */
  wallOffsetMs: number;
}

/** Counts the RTP that one socket receives. */
export class SocketReceiver {
  readonly #counters: Float64Array;
  readonly #arrivals: Uint32Array;
  readonly #handlers: PacketHandlers;
  readonly #clock: ReceiverClock;
  readonly #streams = new Map<number, { stream: StreamCounter; retransmission: boolean }>();
  /** Of the packet at hand. */
  readonly #facts: PacketFacts = {
    timestamp: 0,
    marker: false,
    arrivedAtMs: 0,
    headerBytes: 0,
    payloadBytes: 0,
  };
  #transform: SrtpTransform | null = null;
  #extensions: ReceiveExtensions = { transportSequenceId: null, captureTimeId: null };

  constructor(counters: Float64Array, arrivals: Uint32Array, handlers: PacketHandlers, clock: ReceiverClock) {
    this.#counters = counters;
    this.#arrivals = arrivals;
    this.#handlers = handlers;
    this.#clock = clock;
  }

  setKeys(transform: SrtpTransform, extensions: ReceiveExtensions): void {
    this.#transform = transform;
    this.#extensions = extensions;
  }

  addStream(id: number, socketId: number, options: StreamOptions): StreamCounter {
    const stream = new StreamCounter(id, socketId, options);
    this.#streams.set(options.ssrc, { stream, retransmission: false });
    if (options.rtxSsrc !== null) this.#streams.set(options.rtxSsrc, { stream, retransmission: true });
    return stream;
  }

  removeStream(stream: StreamCounter): void {
    this.#streams.delete(stream.options.ssrc);
    if (stream.options.rtxSsrc !== null) this.#streams.delete(stream.options.rtxSsrc);
  }

  /** The packet is in the first `length` bytes; nothing of it is kept. */
  receiveRtp(packet: Buffer, length: number, arrivedAtMs: number): void {
    const transform = this.#transform;
    const headerBytes = headerLength(packet, length);
    if (transform === null || headerBytes === 0 || length < headerBytes + transform.rtpTagBytes) {
      this.#add(SocketField.unknownRtp);
      return;
    }
    this.#recordArrival(packet, arrivedAtMs);
    const known = this.#streams.get(get32(packet, 8));
    if (known === undefined) this.#add(SocketField.unknownRtp);
    else if (known.retransmission)
      this.#retransmission(known.stream, transform, packet, length, headerBytes, arrivedAtMs);
    else this.#media(known.stream, transform, packet, length, headerBytes, arrivedAtMs);
  }

  #media(
    stream: StreamCounter,
    transform: SrtpTransform,
    packet: Buffer,
    length: number,
    headerBytes: number,
    nowMs: number,
  ): void {
    const sequence = get16(packet, 2);
    const rollover = rolloverOf(stream.extend(sequence));
    const counted = stream.counters[StreamField.packets] ?? 0;
    if (counted % AUTHENTICATED_ONE_IN === 0) {
      const field = transform.verifyRtp(packet, length, headerBytes, rollover)
        ? StreamField.authenticated
        : StreamField.authenticationFailures;
      stream.counters[field] = (stream.counters[field] ?? 0) + 1;
    }
    this.#readFacts(packet, headerBytes, length - headerBytes - transform.rtpTagBytes, nowMs);
    const arrival = stream.count(sequence, this.#facts, false);
    if (arrival.skipped > 0) {
      this.#handlers.onGap(stream.id, arrival.extended - arrival.skipped, arrival.skipped);
    }
    if (!arrival.isNew) return;
    this.#readDelay(stream, packet, nowMs);
    const timestamp = get32(packet, 4);
    if (stream.options.format === 'opus' || timestamp === stream.peekedTimestamp) return;
    stream.peekedTimestamp = timestamp;
    this.#peek(stream, transform.peekPayload(packet, length, headerBytes, rollover, PEEK_BYTES));
  }

  /** RFC 4588, section 4: the original sequence number stands before the original payload. */
  #retransmission(
    stream: StreamCounter,
    transform: SrtpTransform,
    packet: Buffer,
    length: number,
    headerBytes: number,
    nowMs: number,
  ): void {
    const payloadBytes = length - headerBytes - transform.rtpTagBytes - 2;
    if (payloadBytes < 0) return;
    const sequence = get16(packet, 2);
    const extended =
      stream.rtxHighest === 0 ? firstExtended(sequence) : extendSequence(sequence, stream.rtxHighest);
    if (extended > stream.rtxHighest) stream.rtxHighest = extended;
    const head = transform.peekPayload(packet, length, headerBytes, rolloverOf(extended), PEEK_BYTES);
    this.#readFacts(packet, headerBytes, payloadBytes, nowMs);
    const arrival = stream.count(get16(head, 0), this.#facts, true);
    if (arrival.isNew && stream.options.format !== 'opus') this.#peek(stream, head.subarray(2));
  }

  #peek(stream: StreamCounter, head: Buffer): void {
    if (!beginsKeyFrame(stream.options.format, head)) return;
    stream.counters[StreamField.keyFrames] = (stream.counters[StreamField.keyFrames] ?? 0) + 1;
    this.#handlers.onKeyFrame(stream.id, head);
  }

  #recordArrival(packet: Buffer, arrivedAtMs: number): void {
    const id = this.#extensions.transportSequenceId;
    if (id === null || this.#arrivals.length === 0) return;
    const at = findExtension(packet, id);
    if (at === -1) return;
    const written = this.#counters[SocketField.arrivals] ?? 0;
    const entry = 2 * (written % ARRIVALS);
    this.#arrivals[entry] = get16(packet, at);
    this.#arrivals[entry + 1] = (arrivedAtMs - this.#clock.epochMs) / ARRIVAL_TICK_MS;
    this.#counters[SocketField.arrivals] = written + 1;
  }

  /** abs-capture-time, which our senders stamp when they send: seconds and fraction of NTP time. */
  #readDelay(stream: StreamCounter, packet: Buffer, arrivedAtMs: number): void {
    const id = this.#extensions.captureTimeId;
    if (id === null) return;
    const at = findExtension(packet, id);
    if (at === -1) return;
    const sentWallMs = (get32(packet, at) - NTP_EPOCH_S) * 1000 + (get32(packet, at + 4) * 1000) / 2 ** 32;
    const c = stream.counters;
    c[StreamField.delaySumMs] =
      (c[StreamField.delaySumMs] ?? 0) + arrivedAtMs + this.#clock.wallOffsetMs - sentWallMs;
    c[StreamField.delayCount] = (c[StreamField.delayCount] ?? 0) + 1;
  }

  #add(field: number): void {
    this.#counters[field] = (this.#counters[field] ?? 0) + 1;
  }

  /** Padding is not looked for: its length is encrypted. What senders pad are probes, on SSRCs of their own. */
  #readFacts(packet: Buffer, headerBytes: number, payloadBytes: number, arrivedAtMs: number): void {
    const facts = this.#facts;
    facts.timestamp = get32(packet, 4);
    facts.marker = ((packet[1] ?? 0) & 0x80) !== 0;
    facts.arrivedAtMs = arrivedAtMs;
    facts.headerBytes = headerBytes;
    facts.payloadBytes = payloadBytes;
  }
}
