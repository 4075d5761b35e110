import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { processLives } from './lock.ts';

const PREFIX = 'rtc-bench-';
const PID_FILE = 'pid';

/**
 * A temporary folder that says whose it is, so that it can be swept after a run that was killed.
 * Whoever makes it removes it; `purpose` is part of its name.
 */
export function createTempDirectory(purpose: string, base = tmpdir()): string {
  const directory = mkdtempSync(join(base, `${PREFIX}${purpose}-`));
  writeFileSync(join(directory, PID_FILE), String(process.pid));
  return directory;
}

/** Whether `directory` is ours and its process is gone. What another user left, or a link, is let be. */
function isLeftover(directory: string): boolean {
  try {
    const status = lstatSync(directory);
    if (!status.isDirectory() || status.uid !== (process.getuid?.() ?? status.uid)) return false;
    const pid = Number.parseInt(readFileSync(join(directory, PID_FILE), 'utf8'), 10);
    return pid > 0 && !processLives(pid);
  } catch {
    return false;
  }
}

/** Processes that were started with `directory` on their command line: browsers with their profile in it. */
function processesUsing(directory: string): number[] {
  let entries: string[] = [];
  try {
    entries = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
  return entries.map(Number).filter((pid) => {
    try {
      const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      return pid !== process.pid && commandLine.split('\0').some((word) => word.includes(directory));
    } catch {
      return false;
    }
  });
}

export interface Swept {
  directories: string[];
  processes: number[];
}

/** Removes what killed runs of this user left behind: their temporary folders, and browsers that still use them. */
export function sweepLeftovers(base = tmpdir()): Swept {
  const swept: Swept = { directories: [], processes: [] };
  const candidates = readdirSync(base).filter((name) => name.startsWith(PREFIX));
  for (const directory of candidates.map((name) => join(base, name)).filter(isLeftover)) {
    for (const pid of processesUsing(directory)) {
      try {
        process.kill(pid, 'SIGKILL');
        swept.processes.push(pid);
      } catch {
        // It ended by itself, or is somebody else's.
      }
    }
    rmSync(directory, { recursive: true, force: true });
    swept.directories.push(directory);
  }
  return swept;
}
