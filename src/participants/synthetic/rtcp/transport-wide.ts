import { ARRIVALS } from '../../../packets/types.ts';

/** draft-holmer-rmcat-transport-wide-cc-extensions-01, section 3.1. */

/** Units of 250 µs, as deltas have them and as the packet loop records arrivals. */
const TICKS_PER_REFERENCE = 256;
const MAX_SMALL_DELTA = 255;
const MIN_DELTA = -32_768;
const MAX_DELTA = 32_767;
/** More than this in one message would not fit a datagram. */
const MAX_STATUSES = 400;
const SYMBOLS_PER_CHUNK = 7;

const Symbol2 = { notReceived: 0, smallDelta: 1, largeDelta: 2 } as const;

/**
 * Builds the feedback about what arrived on one transport since the last message. One object serves a transport;
 * its buffers are shared by all, for a message is built in one go.
 */
export class TransportWideFeedback {
  #read = 0;
  /** Next sequence number to report, extended; -1 before the first. */
  #nextSequence = -1;
  #count = 0;

  /** Bodies of the messages due now, after the two SSRCs; none when nothing arrived. */
  build(arrivals: Uint32Array, written: number): Buffer[] {
    const from = Math.max(this.#read, written - ARRIVALS);
    this.#read = written;
    if (from === written || arrivals.length === 0) return [];
    const entries: { sequence: number; ticks: number }[] = [];
    let reference = this.#nextSequence === -1 ? (arrivals[2 * (from % ARRIVALS)] ?? 0) : this.#nextSequence;
    for (let i = from; i < written; i += 1) {
      const entry = 2 * (i % ARRIVALS);
      const sequence = reference + ((((arrivals[entry] ?? 0) - reference) << 16) >> 16);
      if (sequence > reference) reference = sequence;
      entries.push({ sequence, ticks: arrivals[entry + 1] ?? 0 });
    }
    entries.sort((a, b) => a.sequence - b.sequence);
    return this.#messages(entries);
  }

  #messages(entries: { sequence: number; ticks: number }[]): Buffer[] {
    const bodies: Buffer[] = [];
    for (let at = 0; at < entries.length; ) {
      const first = entries[at];
      if (first === undefined) break;
      // A gap since the last message is reported as lost, as long as it fits.
      const begins =
        this.#nextSequence !== -1 &&
        first.sequence > this.#nextSequence &&
        first.sequence - this.#nextSequence < MAX_STATUSES / 2
          ? this.#nextSequence
          : first.sequence;
      const message = encode(begins, entries, at, this.#count);
      bodies.push(message.body);
      this.#count = (this.#count + 1) & 0xff;
      this.#nextSequence = Math.max(this.#nextSequence, message.nextSequence);
      at = message.nextEntry;
    }
    return bodies;
  }
}

function encode(
  begins: number,
  entries: readonly { sequence: number; ticks: number }[],
  from: number,
  count: number,
): { body: Buffer; nextSequence: number; nextEntry: number } {
  const symbols: number[] = [];
  const deltas: number[] = [];
  const referenceUnits = Math.floor((entries[from]?.ticks ?? 0) / TICKS_PER_REFERENCE);
  let previous = referenceUnits * TICKS_PER_REFERENCE;
  let expected = begins;
  let at = from;
  for (; at < entries.length; at += 1) {
    const entry = entries[at];
    if (entry === undefined) break;
    if (entry.sequence < expected) continue;
    const delta = entry.ticks - previous;
    const gap = entry.sequence - expected;
    if (symbols.length + gap + 1 > MAX_STATUSES || delta < MIN_DELTA || delta > MAX_DELTA) break;
    for (let i = 0; i < gap; i += 1) symbols.push(Symbol2.notReceived);
    symbols.push(delta >= 0 && delta <= MAX_SMALL_DELTA ? Symbol2.smallDelta : Symbol2.largeDelta);
    deltas.push(delta);
    previous = entry.ticks;
    expected = entry.sequence + 1;
  }
  const body = write(begins, symbols, deltas, referenceUnits, count);
  return { body, nextSequence: expected, nextEntry: Math.max(at, from + 1) };
}

function write(
  begins: number,
  symbols: readonly number[],
  deltas: readonly number[],
  referenceUnits: number,
  count: number,
): Buffer {
  const chunks = chunk(symbols);
  const deltaBytes = deltas.reduce((sum, delta) => sum + (delta >= 0 && delta <= MAX_SMALL_DELTA ? 1 : 2), 0);
  const body = Buffer.alloc((8 + 2 * chunks.length + deltaBytes + 3) & ~3);
  body.writeUInt16BE(begins & 0xffff, 0);
  body.writeUInt16BE(symbols.length, 2);
  body.writeUIntBE(referenceUnits & 0xffffff, 4, 3);
  body.writeUInt8(count, 7);
  let at = 8;
  for (const word of chunks) at = body.writeUInt16BE(word, at);
  for (const delta of deltas) {
    if (delta >= 0 && delta <= MAX_SMALL_DELTA) at = body.writeUInt8(delta, at);
    else at = body.writeInt16BE(delta, at);
  }
  return body;
}

/** Run length chunks where a symbol repeats, two-bit status vectors elsewhere. */
function chunk(symbols: readonly number[]): number[] {
  const words: number[] = [];
  for (let at = 0; at < symbols.length; ) {
    const symbol = symbols[at] ?? 0;
    let run = 1;
    while (at + run < symbols.length && symbols[at + run] === symbol) run += 1;
    if (run >= SYMBOLS_PER_CHUNK || at + run === symbols.length) {
      words.push((symbol << 13) | run);
      at += run;
      continue;
    }
    let word = 0xc000;
    for (let i = 0; i < SYMBOLS_PER_CHUNK; i += 1) word |= (symbols[at + i] ?? 0) << (12 - 2 * i);
    words.push(word);
    at += SYMBOLS_PER_CHUNK;
  }
  return words;
}
