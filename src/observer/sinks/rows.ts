import { RowBytes, type RowReport } from '../reports/row-bytes.ts';
import type { Report, ReportType } from '../reports/types.ts';

/** Makes the row of a report; one that has it already is returned as it is. */
export type RowStore = (report: Report) => RowReport;

const hasRow = (report: Report): report is RowReport => 'bytes' in report;

/**
 * Turns reports into the bytes of their rows on arrival, outside of the garbage collector's care. While they wait,
 * nothing holds on to the samples they came from, and a hundred thousand of them are not a hundred thousand strings
 * that live just long enough to be moved to where only a full collection finds them.
 */
export function createRowStore(encode: (report: Report, out: RowBytes) => void): RowStore {
  const rows = new Map<ReportType, RowBytes>();
  return (report) => {
    if (hasRow(report)) return report;
    let out = rows.get(report.type);
    if (out === undefined) {
      out = new RowBytes();
      rows.set(report.type, out);
    }
    encode(report, out);
    return out.takeRow(report.type);
  };
}

/** What to write for reports of one type: rows that lie side by side become one piece. */
export function gatherRows(reports: readonly Report[], store: RowStore): Buffer[] {
  const pieces: { bytes: Buffer; start: number; end: number }[] = [];
  let last: { bytes: Buffer; start: number; end: number } | undefined;
  for (const report of reports) {
    const { bytes, start, end } = store(report);
    if (last !== undefined && last.bytes === bytes && last.end === start) last.end = end;
    else {
      last = { bytes, start, end };
      pieces.push(last);
    }
  }
  return pieces.map(({ bytes, start, end }) => bytes.subarray(start, end));
}
