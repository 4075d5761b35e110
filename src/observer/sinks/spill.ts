import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { type ReportEnvelope, reportEnvelope } from '../reports/payload.ts';
import type { Report, ReportType } from '../reports/types.ts';

/** Reports on disk, first in, first out: what a sink's buffer could not hold. */
export interface Spill {
  /** Bytes that are not taken yet. */
  readonly size: number;
  /** false: there is no room for it. */
  append(report: Report): boolean;
  /** Removes and returns up to `count` reports. */
  take(count: number): Report[];
  close(): void;
}

const READ_BYTES = 1024 * 1024;

/** Stored reports are complete: nothing is looked up in a sample any more. */
function restore(line: string): Report | null {
  try {
    const { type, payload } = JSON.parse(line) as ReportEnvelope;
    return { type: type.toLowerCase().replaceAll('_', '-') as ReportType, own: payload, base: {}, stat: {} };
  } catch {
    return null;
  }
}

/**
 * A spill in one file, a report a line. Another process that opens the same file goes on where this one stopped;
 * what was taken but not delivered before a crash is taken again. Writing is synchronous: it goes to the page cache,
 * and only while the sink behind it is in trouble.
 */
export function openSpill(path: string, maxBytes: number): Spill {
  mkdirSync(dirname(path), { recursive: true });
  const file = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
  let end = fstatSync(file).size;
  let start = 0;

  function nextLines(count: number): string[] {
    const buffer = Buffer.alloc(Math.min(READ_BYTES, end - start));
    const length = readSync(file, buffer, 0, buffer.length, start);
    const lines: string[] = [];
    let from = 0;
    while (lines.length < count) {
      const to = buffer.indexOf(0x0a, from);
      if (to < 0 || to >= length) break;
      lines.push(buffer.toString('utf8', from, to));
      from = to + 1;
    }
    // A line that a crash cut short, or one that no buffer holds, is skipped with the rest of what was read.
    start += lines.length > 0 ? from : Math.max(length, 1);
    return lines;
  }

  /** Leaves only what was not taken, for whoever opens the file next. */
  function moveToFront(): void {
    const buffer = Buffer.alloc(READ_BYTES);
    let to = 0;
    for (let from = start; start > 0 && from < end; ) {
      const length = readSync(file, buffer, 0, Math.min(READ_BYTES, end - from), from);
      if (length === 0) break;
      writeSync(file, buffer, 0, length, to);
      from += length;
      to += length;
    }
    if (start > 0) ftruncateSync(file, to);
  }

  return {
    get size() {
      return end - start;
    },
    append(report) {
      const line = `${JSON.stringify(reportEnvelope(report))}\n`;
      const bytes = Buffer.byteLength(line);
      if (end + bytes > maxBytes) return false;
      try {
        end += writeSync(file, line, end);
        return true;
      } catch {
        ftruncateSync(file, end);
        return false;
      }
    },
    take(count) {
      if (end === start) return [];
      const reports = nextLines(count)
        .map(restore)
        .filter((report) => report !== null);
      if (start >= end) {
        ftruncateSync(file, 0);
        start = 0;
        end = 0;
      }
      return reports;
    },
    close() {
      moveToFront();
      closeSync(file);
    },
  };
}
