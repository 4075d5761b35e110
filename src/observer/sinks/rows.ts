import type { Report, ReportType, ReportValues } from '../reports/types.ts';

/** Bytes of a file that are not written yet: a part of a larger piece of memory. */
export interface RowSlice {
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
}

const PIECE_BYTES = 256 * 1024;
const NOTHING: ReportValues = {};

/**
 * Turns reports into the bytes of their rows on arrival, outside of the garbage collector's care. While they wait,
 * nothing holds on to the samples they came from, and a hundred thousand of them are not a hundred thousand strings
 * that live just long enough to be moved to where only a full collection finds them.
 */
export function createRowStore(encode: (report: Report) => string): (report: Report) => Report {
  const pieces = new Map<ReportType, { bytes: Buffer; used: number }>();
  return (report) => {
    const text = encode(report);
    let piece = pieces.get(report.type);
    // Three bytes at most for a UTF-16 unit, so that it is never cut.
    const room = text.length * 3;
    if (piece === undefined || piece.bytes.length - piece.used < room) {
      piece = { bytes: Buffer.allocUnsafeSlow(Math.max(PIECE_BYTES, room)), used: 0 };
      pieces.set(report.type, piece);
    }
    const start = piece.used;
    piece.used += piece.bytes.write(text, start);
    const row: RowSlice = { bytes: piece.bytes, start, end: piece.used };
    return { type: report.type, own: NOTHING, base: NOTHING, stat: NOTHING, row };
  };
}

/** What to write for reports of one type: rows that lie side by side become one piece. */
export function gatherRows(reports: readonly Report[], encode: (report: Report) => string): Buffer[] {
  const buffers: Buffer[] = [];
  let open: { bytes: Buffer; start: number; end: number } | null = null;
  const finish = (): void => {
    if (open !== null) buffers.push(open.bytes.subarray(open.start, open.end));
    open = null;
  };
  for (const report of reports) {
    const { row } = report;
    if (row === undefined) {
      finish();
      buffers.push(Buffer.from(encode(report)));
    } else if (open !== null && open.bytes === row.bytes && open.end === row.start) open.end = row.end;
    else {
      finish();
      open = { ...row };
    }
  }
  finish();
  return buffers;
}
