import { type Piece, PiecePool } from './pieces.ts';
import type { Report, ReportType, ReportValues } from './types.ts';

const NOTHING: ReportValues = {};

/** Reports of one type of which only the rows are kept, as their sink will write them: a part of a piece of memory. */
export interface RowReport extends Report {
  /** Of which this is one user. */
  readonly piece: Piece;
  readonly start: number;
  readonly end: number;
  readonly rows: number;
}

type GrowingRows = { -readonly [Name in keyof RowReport]: RowReport[Name] };

/** How many reports stand in one place of a batch. */
export function reportsIn(report: Report): number {
  return 'rows' in report ? (report as RowReport).rows : 1;
}

/**
 * Rows as bytes, one behind the other. What is known to be ASCII is written here byte by byte: a string that is made
 * only to be turned into bytes costs several times as much and leaves garbage behind.
 */
export class RowBytes {
  readonly #pool: PiecePool;
  #piece: Piece | null = null;
  #bytes: Buffer = Buffer.alloc(0);
  /** Where the row that is being written began. */
  #start = 0;
  #at = 0;

  constructor(pool = new PiecePool()) {
    this.#pool = pool;
  }

  /** What was written since the last call, as a report of that type. */
  takeRow(type: ReportType): RowReport {
    const start = this.#start;
    this.#start = this.#at;
    const end = this.#at;
    const piece = this.#piece ?? this.#pool.take(0);
    piece.users += 1;
    return { type, own: NOTHING, base: NOTHING, stat: NOTHING, piece, start, end, rows: 1 };
  }

  /** Adds what was written since the last call to `before`; false: it does not lie right behind it. */
  joinRow(before: GrowingRows): boolean {
    if (before.piece !== this.#piece || before.end !== this.#start) return false;
    before.end = this.#at;
    before.rows += 1;
    this.#start = this.#at;
    return true;
  }

  /** What was written since the last call, as text; its memory is used again. */
  takeText(): string {
    const text = this.#bytes.toString('utf8', this.#start, this.#at);
    this.#at = this.#start;
    return text;
  }

  /** An ASCII character, by its code, that many times. */
  code(code: number, times = 1): void {
    if (this.#bytes.length - this.#at < times) this.#grow(times);
    for (let time = 0; time < times; time += 1) this.#bytes[this.#at++] = code;
  }

  /** Takes back the last byte of the row. */
  dropLast(): void {
    if (this.#at > this.#start) this.#at -= 1;
  }

  /** Any text, as UTF-8. */
  text(text: string): void {
    // Three bytes at most for a UTF-16 unit, so that it is never cut.
    const room = text.length * 3;
    if (this.#bytes.length - this.#at < room) this.#grow(room);
    this.#at += this.#bytes.write(text, this.#at);
  }

  /** Text whose characters are all plain: not in `special` (codes below 128), none beyond ASCII. False: nothing was written. */
  plain(text: string, special: Uint8Array): boolean {
    const { length } = text;
    if (this.#bytes.length - this.#at < length) this.#grow(length);
    const bytes = this.#bytes;
    let at = this.#at;
    for (let index = 0; index < length; index += 1) {
      const code = text.charCodeAt(index);
      if (code > 127 || special[code] === 1) return false;
      bytes[at++] = code;
    }
    this.#at = at;
    return true;
  }

  /** A number as JavaScript writes it. */
  number(value: number): void {
    if (Number.isSafeInteger(value) && value >= 0) this.#integer(value);
    else this.text(String(value));
  }

  #integer(value: number): void {
    if (this.#bytes.length - this.#at < MAX_DIGITS) this.#grow(MAX_DIGITS);
    if (value < BILLION) {
      this.#at = digits(this.#bytes, this.#at, value, 1);
      return;
    }
    const billions = Math.floor(value / BILLION);
    this.#at = digits(this.#bytes, this.#at, billions, 1);
    this.#at = digits(this.#bytes, this.#at, value - billions * BILLION, 9);
  }

  /** New memory, with the row that is being written at its beginning. */
  #grow(room: number): void {
    const written = this.#at - this.#start;
    const piece = this.#pool.take((written + room) * 2);
    this.#bytes.copy(piece.bytes, 0, this.#start, this.#at);
    if (this.#piece !== null) this.#pool.release(this.#piece);
    this.#piece = piece;
    this.#bytes = piece.bytes;
    this.#start = 0;
    this.#at = written;
  }
}

const BILLION = 1_000_000_000;
const MAX_DIGITS = 16;
const ZERO = 0x30;

/** Writes `value`, below 2^31, with leading zeros up to `width`; returns where it ends. */
function digits(bytes: Buffer, start: number, value: number, width: number): number {
  let count = 1;
  for (let limit = 10; count < width || (limit <= value && count < 10); limit *= 10) count += 1;
  let rest = value | 0;
  for (let at = start + count - 1; at >= start; at -= 1) {
    const tenth = (rest / 10) | 0;
    bytes[at] = ZERO + rest - tenth * 10;
    rest = tenth;
  }
  return start + count;
}
