import { SCHEMA_VERSION } from '../schema/samples.ts';
import { REPORT_COLUMNS } from './columns.ts';
import { type Report, type ReportType, type ReportValues, wireType } from './types.ts';

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

/** Who is shown the columns of a report, one by one in their order. */
export interface CellVisitor {
  /** A column of which something is known. */
  cell(value: string | number | boolean, name: string): void;
  /** That many columns, one behind the other, of which nothing is known. */
  unknown(columns: number): void;
}

type ColumnReader = (own: ReportValues, base: ReportValues, stat: ReportValues, visitor: CellVisitor) => void;

/**
 * A function that reads the columns of one type. It is made as code, each name written out, because the engine reads
 * a property that a line of code always asks for by the same name about ten times as fast as one whose name is in a
 * variable, and this is done for half a hundred columns a report. Names are those of our own table, never a sender's.
 */
function compileReader(type: ReportType): ColumnReader {
  const lines = REPORT_COLUMNS[type].map((name) => {
    const key = JSON.stringify(name);
    const otherwise = BASE_COLUMNS.has(name) ? 'base' : 'stat';
    // Only scalars have a column; a sender that nests something there has told nothing.
    return `value = own[${key}];
      if (value === undefined || value === null) value = ${otherwise}[${key}];
      if (value === undefined || typeof value === 'object') unknown += 1;
      else {
        if (unknown > 0) {
          visitor.unknown(unknown);
          unknown = 0;
        }
        visitor.cell(value, ${key});
      }`;
  });
  const code = `let value, unknown = 0;
    ${lines.join('\n')}
    if (unknown > 0) visitor.unknown(unknown);`;
  return new Function('own', 'base', 'stat', 'visitor', code) as ColumnReader;
}

const readers = new Map<ReportType, ColumnReader>();

/** Shows `visitor` the columns of a report, in order. */
export function forEachColumn(report: Report, visitor: CellVisitor): void {
  let read = readers.get(report.type);
  if (read === undefined) {
    read = compileReader(report.type);
    readers.set(report.type, read);
  }
  read(report.own, report.base, report.stat, visitor);
}

/** The report's columns as an object, without those that are unknown. */
export function reportPayload(report: Report): Record<string, string | number | boolean> {
  const payload: Record<string, string | number | boolean> = {};
  forEachColumn(report, {
    cell(value, name) {
      payload[name] = value;
    },
    unknown() {},
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
