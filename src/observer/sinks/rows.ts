import { PiecePool } from '../reports/pieces.ts';
import { RowBytes, type RowReport } from '../reports/row-bytes.ts';
import type { Report, ReportType } from '../reports/types.ts';

/** Appends the row of a report. */
export type RowEncoder = (report: Report, out: RowBytes) => void;

const hasRow = (report: Report): report is RowReport => 'piece' in report;

/** Where the rows of one type are written, and those that may still grow. */
interface OpenRows {
  readonly out: RowBytes;
  last: RowReport | null;
}

/**
 * Turns reports into the bytes of their rows on arrival, outside of the garbage collector's care, and makes one of
 * those that follow each other. While they wait, nothing holds on to the samples they came from, and a hundred
 * thousand of them are not a hundred thousand objects that live just long enough to be moved to where only a full
 * collection finds them.
 */
export class RowPacker {
  readonly #encode: RowEncoder;
  readonly #maxRows: number;
  readonly #pool = new PiecePool();
  readonly #open = new Map<ReportType, OpenRows>();

  /** At most that many reports become one. */
  constructor(encode: RowEncoder, maxRows: number) {
    this.#encode = encode;
    this.#maxRows = maxRows;
  }

  /** The report as a row; null when it was added to the rows that were returned last for its type. */
  add(report: Report): RowReport | null {
    const { type } = report;
    let open = this.#open.get(type);
    if (open === undefined) {
      open = { out: new RowBytes(this.#pool), last: null };
      this.#open.set(type, open);
    }
    const { out, last } = open;
    this.#encode(report, out);
    if (last !== null && last.rows < this.#maxRows && out.joinRow(last)) return null;
    open.last = out.takeRow(type);
    return open.last;
  }

  /** What was returned so far does not grow any more. */
  seal(): void {
    for (const open of this.#open.values()) open.last = null;
  }

  /** Nobody needs these rows any more: their memory may be written over. */
  release(reports: readonly Report[]): void {
    for (const report of reports) if (hasRow(report)) this.#pool.release(report.piece);
  }
}

/** What to write for reports of one type, with those encoded that are no rows yet. */
export function gatherRows(reports: readonly Report[], encode: RowEncoder): Buffer[] {
  const out = new RowBytes();
  return reports.map((report) => {
    if (!hasRow(report)) encode(report, out);
    const { piece, start, end } = hasRow(report) ? report : out.takeRow(report.type);
    return piece.bytes.subarray(start, end);
  });
}
