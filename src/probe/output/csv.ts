import { stringify } from 'csv-stringify/sync';
import type { ProbeResult } from '../types.ts';

/** A row an interval and a last one for the whole, units in the column names. */
export function probeCsv(result: ProbeResult): string {
  const { durationMs, ...total } = result.total;
  const rows = [
    ...result.intervals.map((interval) => ({ row: 'interval', ...interval })),
    { row: 'total', startMs: 0, endMs: durationMs, ...total },
  ];
  return stringify(rows, {
    header: true,
    columns: ['row', 'startMs', 'endMs', ...Object.keys(total)],
    escape_formulas: true,
  });
}
