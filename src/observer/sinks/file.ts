import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { errorMessage } from '../../errors.ts';
import { createCsvRowWriter, csvHeader } from '../reports/csv.ts';
import { CSV_DIALECTS, type CsvDialectName } from '../reports/csv-dialects.ts';
import { reportEnvelope } from '../reports/payload.ts';
import { REPORT_TYPES, type Report, type ReportType } from '../reports/types.ts';
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

interface OpenFile {
  handle: FileHandle;
  bytes: number;
  /** Number of the last file that was renamed. */
  rotations: number;
}

type Encoding = Pick<FileSinkOptions, 'encoding' | 'csvFormat'>;

/** Reports as rows of files; a queue that does not spill has them made on arrival. */
export function rowsForFiles({ encoding, csvFormat }: Encoding): RowEncoder {
  return encoding === 'csv'
    ? createCsvRowWriter(CSV_DIALECTS[csvFormat], { escapeFormulas: true })
    : (report, out) => out.text(`${JSON.stringify(reportEnvelope(report))}\n`);
}

/** One file a report type in one folder. Its rows are escaped for spreadsheets. */
export async function openFileSink(options: FileSinkOptions): Promise<Sink> {
  const { directory, encoding } = options;
  const dialect = CSV_DIALECTS[options.csvFormat];
  const extension = encoding === 'csv' ? 'csv' : 'ndjson';
  const encode = rowsForFiles(options);
  const files = new Map<ReportType, OpenFile>();

  await mkdir(directory, { recursive: true });
  for (const type of options.types) files.set(type, await openFile(type, await lastRotation(type)));

  async function lastRotation(type: ReportType): Promise<number> {
    const pattern = new RegExp(`^${type}\\.(\\d+)\\.${extension}$`);
    const numbers = (await readdir(directory)).map((name) => Number(pattern.exec(name)?.[1] ?? 0));
    return Math.max(0, ...numbers);
  }

  async function openFile(type: ReportType, rotations: number): Promise<OpenFile> {
    const handle = await open(join(directory, `${type}.${extension}`), 'a');
    let bytes = (await handle.stat()).size;
    if (bytes === 0 && encoding === 'csv') {
      const header = csvHeader(type, dialect);
      await handle.appendFile(header);
      bytes = Buffer.byteLength(header);
    }
    return { handle, bytes, rotations };
  }

  async function rotate(type: ReportType, file: OpenFile): Promise<void> {
    await file.handle.close();
    const rotations = file.rotations + 1;
    const name = (number: number) => join(directory, `${type}.${number}.${extension}`);
    try {
      await rename(join(directory, `${type}.${extension}`), name(rotations));
      if (options.keepFiles > 0) await rm(name(rotations - options.keepFiles), { force: true });
    } catch {
      // What had to be written is written: a file that cannot be put aside goes on growing.
    }
    files.set(type, await openFile(type, rotations));
  }

  async function append(type: ReportType, rows: Buffer[]): Promise<void> {
    const length = rows.reduce((sum, row) => sum + row.length, 0);
    const file = files.get(type) ?? (await openFile(type, await lastRotation(type)));
    files.set(type, file);
    try {
      const { bytesWritten } = await file.handle.writev(rows);
      if (bytesWritten < length) throw new Error(`only ${bytesWritten} of ${length} bytes could be written`);
    } catch (error) {
      // Half a batch would be there twice after the next try.
      await file.handle.truncate(file.bytes).catch(() => {});
      throw error;
    }
    file.bytes += length;
    if (file.bytes >= options.rotateBytes) await rotate(type, file);
  }

  return {
    description: `files in ${directory}`,
    async write(batch): Promise<WriteResult> {
      const byType = Map.groupBy(batch, (report) => report.type);
      const retry: Report[] = [];
      let reason: string | null = null;
      const writeType = async (type: ReportType, reports: readonly Report[]): Promise<void> => {
        try {
          await append(type, gatherRows(reports, encode));
        } catch (error) {
          reason = errorMessage(error);
          retry.push(...reports);
        }
      };
      await Promise.all([...byType].map(([type, reports]) => writeType(type, reports)));
      return { retry, rejected: [], reason };
    },
    async close() {
      for (const file of files.values()) await file.handle.close();
    },
  };
}
