import { SCHEMA_VERSION } from '../schema/samples.ts';
import { REPORT_COLUMNS } from './columns.ts';
import { type Report, type ReportType, type ReportValue, wireType } from './types.ts';

/** Columns that the sample as a whole tells, the same for all of its reports; the rest is the element's own. */
const BASE_COLUMNS = new Set([
  'serviceId',
  'mediaUnitId',
  'timestamp',
  'callId',
  'clientId',
  'roomId',
  'userId',
  'sampleSeq',
  'sampleTimestamp',
  'marker',
  'sfuId',
]);

interface Column {
  readonly name: string;
  readonly fromBase: boolean;
}

const columnsByType = new Map<ReportType, readonly Column[]>(
  (Object.keys(REPORT_COLUMNS) as ReportType[]).map((type) => [
    type,
    REPORT_COLUMNS[type].map((name) => ({ name, fromBase: BASE_COLUMNS.has(name) })),
  ]),
);

function cell(report: Report, column: Column): ReportValue {
  const own = report.own[column.name];
  const value =
    own !== undefined && own !== null ? own : (column.fromBase ? report.base : report.stat)[column.name];
  // Only scalars have a column; a sender that nests something there has told nothing.
  return typeof value === 'object' ? null : value;
}

/** Calls `visit` with the value of each column, in order. */
export function forEachColumn(report: Report, visit: (value: ReportValue, name: string) => void): void {
  for (const column of columnsByType.get(report.type) ?? []) visit(cell(report, column), column.name);
}

/** The report's columns as an object, without those that are unknown. */
export function reportPayload(report: Report): Record<string, string | number | boolean> {
  const payload: Record<string, string | number | boolean> = {};
  forEachColumn(report, (value, name) => {
    if (value !== undefined && value !== null) payload[name] = value;
  });
  return payload;
}

/** Upstream's envelope, `reports/Report.java`. */
export interface ReportEnvelope {
  type: string;
  schemaVersion: string;
  payload: Record<string, string | number | boolean>;
}

export function reportEnvelope(report: Report): ReportEnvelope {
  return { type: wireType(report.type), schemaVersion: SCHEMA_VERSION, payload: reportPayload(report) };
}
