import type { FirehoseConfig } from '../config/sinks.ts';
import type { Report } from '../reports/types.ts';

/** Limits of PutRecordBatch, Amazon Data Firehose quotas: a call and a record, in records and bytes. */
export const MAX_RECORDS = 500;
export const MAX_CALL_BYTES = 4 * 1024 * 1024;
export const MAX_RECORD_BYTES = 1000 * 1024;

/** One record and the reports in it, so that a part that failed can be sent again alone. */
export interface FirehoseRecord {
  readonly data: Buffer;
  readonly reports: readonly Report[];
}

/** null: that type goes to no stream. */
export function streamFor(config: FirehoseConfig, report: Report): string | null {
  return config.streams?.get(report.type) ?? config.defaultDeliveryStreamId ?? null;
}

/**
 * Records of one stream: up to `linesPerRecord` lines of one type each, within the size of a record. A report that is
 * larger than a record by itself is returned in `tooLarge`.
 */
export function packRecords(
  reports: readonly Report[],
  line: (report: Report) => string,
  linesPerRecord: number,
): { records: FirehoseRecord[]; tooLarge: Report[] } {
  const records: FirehoseRecord[] = [];
  const tooLarge: Report[] = [];
  for (const sameType of Map.groupBy(reports, (report) => report.type).values()) {
    let chunks: Buffer[] = [];
    let held: Report[] = [];
    let bytes = 0;
    const finish = (): void => {
      if (held.length > 0) records.push({ data: Buffer.concat(chunks), reports: held });
      chunks = [];
      held = [];
      bytes = 0;
    };
    for (const report of sameType) {
      const text = Buffer.from(line(report));
      if (text.length > MAX_RECORD_BYTES) {
        tooLarge.push(report);
        continue;
      }
      if (held.length >= linesPerRecord || bytes + text.length > MAX_RECORD_BYTES) finish();
      chunks.push(text);
      held.push(report);
      bytes += text.length;
    }
    finish();
  }
  return { records, tooLarge };
}

/** Records in calls that Firehose accepts. */
export function splitCalls(records: readonly FirehoseRecord[]): FirehoseRecord[][] {
  const calls: FirehoseRecord[][] = [];
  let bytes = 0;
  for (const record of records) {
    const call = calls.at(-1);
    if (call === undefined || call.length >= MAX_RECORDS || bytes + record.data.length > MAX_CALL_BYTES) {
      calls.push([record]);
      bytes = record.data.length;
    } else {
      call.push(record);
      bytes += record.data.length;
    }
  }
  return calls;
}
