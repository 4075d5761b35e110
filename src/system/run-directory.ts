import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTimeOf } from './process-start.ts';

/** What `sweepLeftovers` knows our folders by. */
const PREFIX = 'rtc-bench-';
const OWNER_FILE = 'pid';

/** A temporary folder of one run, which says whose it is: `sweepLeftovers` clears up after a run that was killed. */
export class RunDirectory {
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  static create(purpose: 'browser' | 'janus'): RunDirectory {
    const path = mkdtempSync(join(tmpdir(), `${PREFIX}${purpose}-`));
    writeFileSync(join(path, OWNER_FILE), `${process.pid} ${startTimeOf(process.pid) ?? ''}\n`);
    return new RunDirectory(path);
  }

  /** Creates and returns a folder inside. */
  folder(name: string): string {
    const path = join(this.path, name);
    mkdirSync(path, { recursive: true });
    return path;
  }

  async remove(): Promise<void> {
    // A browser that was just killed may still be writing its last files.
    await rm(this.path, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

/** Whether the process that had this id and began at this time is still there; `''`: the time is not known. */
export function processLives(pid: number, startTime: string): boolean {
  const now = startTimeOf(pid);
  return now !== null && (startTime === '' || startTime === now);
}
