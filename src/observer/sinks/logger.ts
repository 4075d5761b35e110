import { safeText } from '../../system/safe-text.ts';
import type { TextStream } from '../../system/types.ts';
import { reportEnvelope } from '../reports/payload.ts';
import { ALL_WRITTEN, type Sink } from './types.ts';

export interface LoggerSinkOptions {
  /** Goes before each line, as written in the configuration. Default INFO. */
  logLevel: string;
  /** Prints every report. Default false. */
  printReports: boolean;
  /** Prints how many of each type a batch holds. Default false. */
  printTypeSummary: boolean;
}

/** Prints reports to a stream, which is stderr: stdout is for answers. */
export function createLoggerSink(options: LoggerSinkOptions, stream: TextStream): Sink {
  return {
    description: 'log',
    async write(batch) {
      if (options.printReports) {
        for (const report of batch) {
          stream.write(`${options.logLevel} ${safeText(JSON.stringify(reportEnvelope(report)))}\n`);
        }
      }
      if (options.printTypeSummary) {
        const counts = [...Map.groupBy(batch, (report) => report.type)].map(
          ([type, reports]) => `${type}: ${reports.length}`,
        );
        stream.write(`${options.logLevel} ${counts.join(', ')}\n`);
      }
      return ALL_WRITTEN;
    },
    async close() {},
  };
}
