import { REPORT_TYPES, type Report, type ReportType } from '../reports/types.ts';
import type { SinkQueue } from './queue.ts';

/** A sink's buffer with the types of report that it is to have. */
export interface SinkRoute {
  readonly queue: SinkQueue;
  readonly types: ReadonlySet<ReportType>;
}

export const ALL_TYPES: ReadonlySet<ReportType> = new Set(REPORT_TYPES);

/** A function that hands a report to every sink that wants its type. */
export function createDispatcher(routes: readonly SinkRoute[]): (report: Report) => void {
  const queues = new Map<ReportType, SinkQueue[]>(
    REPORT_TYPES.map((type) => [
      type,
      routes.filter((route) => route.types.has(type)).map((route) => route.queue),
    ]),
  );
  return (report) => {
    for (const queue of queues.get(report.type) ?? []) queue.push(report);
  };
}
