import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { environmentError } from '../../errors.ts';
import { sibling } from '../../system/sibling.ts';
import { createCsvRowWriter } from '../reports/csv.ts';
import { CSV_DIALECTS, type CsvDialectName } from '../reports/csv-dialects.ts';
import { createJsonRowWriter } from '../reports/json-rows.ts';
import { REPORT_TYPES, type ReportType } from '../reports/types.ts';
import type { FileThreadData, FromFileThread, RowsOfType, ToFileThread } from './file-thread.ts';
import { gatherRows, type RowEncoder } from './rows.ts';
import type { Sink, WriteResult } from './types.ts';

export interface FileSinkOptions {
  directory: string;
  /** `csv` has a header row, `json` is one report in its envelope a line (`.ndjson`). Default csv. */
  encoding: 'csv' | 'json';
  csvFormat: CsvDialectName;
  /** A file that has reached this many bytes is renamed (`call-event.1.csv`, `.2`, …) and begun anew. */
  rotateBytes: number;
  /** Renamed files kept of each type, the oldest are deleted; 0 keeps all. */
  keepFiles: number;
  /** Types whose files are made at once, so that a reader finds them; default all. */
  types: readonly ReportType[];
}

export const DEFAULT_FILE_SINK: Omit<FileSinkOptions, 'directory'> = {
  encoding: 'csv',
  csvFormat: 'DEFAULT',
  rotateBytes: 256 * 1024 * 1024,
  keepFiles: 0,
  types: REPORT_TYPES,
};

/** The thread needs next to nothing: rows lie outside of its heap. */
const THREAD_LIMITS = { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 32 };

type Encoding = Pick<FileSinkOptions, 'encoding' | 'csvFormat'>;

/** Reports as rows of files; a queue that does not spill has them made on arrival. */
export function rowsForFiles({ encoding, csvFormat }: Encoding): RowEncoder {
  return encoding === 'csv'
    ? createCsvRowWriter(CSV_DIALECTS[csvFormat], { escapeFormulas: true })
    : createJsonRowWriter();
}

/** The thread of a sink, which answers in the order that it is asked. Nothing here waits for a disk. */
class FileThread {
  readonly #port: MessagePort;
  readonly #worker: Worker;
  readonly #ended: Promise<void>;
  readonly #waiting: PromiseWithResolvers<FromFileThread>[] = [];
  #fault: Error | null = null;
  #closing = false;

  constructor(options: FileSinkOptions) {
    const { port1, port2 } = new MessageChannel();
    const workerData: FileThreadData = { options, port: port2 };
    this.#port = port1;
    this.#worker = new Worker(sibling(import.meta.url, './file-thread'), {
      workerData,
      transferList: [port2],
      resourceLimits: THREAD_LIMITS,
    });
    this.#port.on('message', (answer: FromFileThread) => this.#settle(answer));
    this.#worker.on('error', (error) => {
      this.#fault = new Error(`the thread that writes report files died: ${error.message}`);
    });
    this.#ended = new Promise((resolve) => {
      this.#worker.once('exit', () => {
        this.poll();
        this.#fault ??= new Error('the thread that writes report files has ended');
        for (const { reject } of this.#waiting.splice(0)) reject(this.#fault);
        resolve();
      });
    });
  }

  /** The next answer; the first is how opening the files went. */
  answer(): Promise<FromFileThread> {
    if (this.#fault !== null) return Promise.reject(this.#fault);
    const waiting = Promise.withResolvers<FromFileThread>();
    this.#waiting.push(waiting);
    // Only what somebody waits for keeps the process alive.
    this.#worker.ref();
    this.#port.ref();
    return waiting.promise;
  }

  ask(batch: readonly RowsOfType[]): Promise<FromFileThread> {
    const answer = this.answer();
    this.#tell(batch);
    return answer;
  }

  /** Takes the answers that are there already, whether or not the event loop has come to them. */
  poll(): void {
    for (;;) {
      const received = receiveMessageOnPort(this.#port);
      if (received === undefined) return;
      this.#settle(received.message as FromFileThread);
    }
  }

  /** Closes the files when what was asked is done. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#worker.ref();
    this.#tell(null);
    await this.#ended;
    this.#port.close();
  }

  #tell(message: ToFileThread): void {
    this.#port.postMessage(message);
  }

  #settle(answer: FromFileThread): void {
    this.#waiting.shift()?.resolve(answer);
    if (this.#waiting.length > 0 || this.#closing) return;
    this.#worker.unref();
    this.#port.unref();
  }
}

/**
 * One file a report type in one folder. Its rows are escaped for spreadsheets. They are written by a thread, so that a
 * slow disk stops nobody, and a write is known to be over however busy the event loop is.
 */
export async function openFileSink(options: FileSinkOptions): Promise<Sink> {
  const encode = rowsForFiles(options);
  const thread = new FileThread(options);
  const opened = await thread.answer();
  if (opened.reason !== null) {
    throw environmentError('RTCB_OBSERVER_FILES', `cannot make report files: ${opened.reason}`, {
      hint: 'choose a folder that can be written with --out, or as directory of the FileSink',
    });
  }
  return {
    description: `files in ${options.directory}`,
    async write(batch): Promise<WriteResult> {
      const byType = Map.groupBy(batch, (report) => report.type);
      const rows = [...byType].map(([type, reports]): RowsOfType => [type, gatherRows(reports, encode)]);
      const { failed, reason } = await thread.ask(rows);
      return { retry: failed.flatMap((type) => byType.get(type) ?? []), rejected: [], reason };
    },
    poll: () => thread.poll(),
    close: () => thread.close(),
  };
}
