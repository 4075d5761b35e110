import { type MessagePort, workerData } from 'node:worker_threads';
import { errorMessage } from '../../errors.ts';
import type { ReportType } from '../reports/types.ts';
import type { FileSinkOptions } from './file.ts';
import { ReportFiles } from './report-files.ts';

/** Rows of one type, in memory that both threads see. */
export type RowsOfType = readonly [type: ReportType, rows: readonly Uint8Array[]];

export interface FileThreadData {
  readonly options: FileSinkOptions;
  readonly port: MessagePort;
}

/** What is asked: to append, or, null, to close the files and end. */
export type ToFileThread = readonly RowsOfType[] | null;

/** The answer to each message, in order, and before them one for the opening: what could not be done, and why. */
export interface FromFileThread {
  readonly failed: readonly ReportType[];
  readonly reason: string | null;
}

const DONE: FromFileThread = { failed: [], reason: null };

function append(files: ReportFiles, batch: readonly RowsOfType[]): FromFileThread {
  const failed: ReportType[] = [];
  let reason: string | null = null;
  for (const [type, rows] of batch) {
    try {
      files.append(type, rows);
    } catch (error) {
      failed.push(type);
      reason = errorMessage(error);
    }
  }
  return { failed, reason };
}

/** The thread that writes report files: it may wait for a disk as long as it must. */
function main({ options, port }: FileThreadData): void {
  const answer = (message: FromFileThread): void => port.postMessage(message);
  let files: ReportFiles;
  try {
    files = new ReportFiles(options);
  } catch (error) {
    answer({ failed: options.types, reason: errorMessage(error) });
    port.close();
    return;
  }
  port.on('message', (message: ToFileThread) => {
    if (message !== null) {
      answer(append(files, message));
      return;
    }
    files.close();
    answer(DONE);
    port.close();
  });
  answer(DONE);
}

main(workerData as FileThreadData);
