import {
  closeSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
  writevSync,
} from 'node:fs';
import { join } from 'node:path';
import { csvHeader } from '../reports/csv.ts';
import { CSV_DIALECTS } from '../reports/csv-dialects.ts';
import type { ReportType } from '../reports/types.ts';
import type { FileSinkOptions } from './file.ts';

interface OpenFile {
  descriptor: number;
  bytes: number;
  /** Number of the last file that was renamed. */
  rotations: number;
}

/**
 * One file a report type in one folder, each turned over at its size. Every call waits for the disk: made for a thread
 * that has nothing else to do.
 */
export class ReportFiles {
  readonly #options: FileSinkOptions;
  readonly #extension: string;
  readonly #files = new Map<ReportType, OpenFile>();

  constructor(options: FileSinkOptions) {
    this.#options = options;
    this.#extension = options.encoding === 'csv' ? 'csv' : 'ndjson';
    mkdirSync(options.directory, { recursive: true });
    for (const type of options.types) this.#open(type, this.#lastRotation(type));
  }

  /** Adds rows to the file of their type: all of them, or, when it throws, none. */
  append(type: ReportType, rows: readonly Uint8Array[]): void {
    const length = rows.reduce((sum, row) => sum + row.length, 0);
    const file = this.#files.get(type) ?? this.#open(type, this.#lastRotation(type));
    try {
      const written = writevSync(file.descriptor, rows);
      if (written < length) {
        throw new Error(`only ${written} of ${length} bytes could be written: is the disk full?`);
      }
    } catch (error) {
      // Half a batch would be there twice after the next try.
      this.#cutBack(file);
      throw error;
    }
    file.bytes += length;
    if (file.bytes >= this.#options.rotateBytes) this.#rotate(type, file);
  }

  close(): void {
    for (const file of this.#files.values()) closeSync(file.descriptor);
    this.#files.clear();
  }

  #cutBack(file: OpenFile): void {
    try {
      ftruncateSync(file.descriptor, file.bytes);
    } catch {
      // What is wrong with the file is said already.
    }
  }

  #path(type: ReportType, rotation?: number): string {
    const { directory } = this.#options;
    return join(directory, `${type}${rotation === undefined ? '' : `.${rotation}`}.${this.#extension}`);
  }

  #lastRotation(type: ReportType): number {
    const pattern = new RegExp(`^${type}\\.(\\d+)\\.${this.#extension}$`);
    const numbers = readdirSync(this.#options.directory).map((name) => Number(pattern.exec(name)?.[1] ?? 0));
    return Math.max(0, ...numbers);
  }

  #open(type: ReportType, rotations: number): OpenFile {
    const descriptor = openSync(this.#path(type), 'a');
    const file: OpenFile = { descriptor, bytes: fstatSync(descriptor).size, rotations };
    if (file.bytes === 0 && this.#options.encoding === 'csv') {
      file.bytes = writeSync(descriptor, csvHeader(type, CSV_DIALECTS[this.#options.csvFormat]));
    }
    this.#files.set(type, file);
    return file;
  }

  #rotate(type: ReportType, file: OpenFile): void {
    closeSync(file.descriptor);
    this.#files.delete(type);
    const rotations = file.rotations + 1;
    const { keepFiles } = this.#options;
    try {
      renameSync(this.#path(type), this.#path(type, rotations));
      if (keepFiles > 0) rmSync(this.#path(type, rotations - keepFiles), { force: true });
    } catch {
      // What had to be written is written: a file that cannot be put aside goes on growing.
    }
    this.#open(type, rotations);
  }
}
