import { lstatSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTimeOf } from '../system/process-start.ts';
import { processLives } from './lock.ts';

/** Temporary folders of ours begin with this and hold a file `pid`: the id of their process, and when it began. */
const PREFIX = 'rtc-bench-';
const PID_FILE = 'pid';

/** Whether the process lives that a folder's `pid` file names: its id and, where known, when it began. */
function ownerLives(note: string): boolean {
  const [id, startTime] = note.trim().split(/\s+/);
  const pid = Number(id);
  if (!(pid > 0)) return true;
  return processLives(pid) && (startTime === undefined || startTime === (startTimeOf(pid) ?? startTime));
}

/** Whether `directory` is ours and its process is gone. What another user left, or a link, is let be. */
function isLeftover(directory: string): boolean {
  try {
    const status = lstatSync(directory);
    if (!status.isDirectory() || status.uid !== (process.getuid?.() ?? status.uid)) return false;
    return !ownerLives(readFileSync(join(directory, PID_FILE), 'utf8'));
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
  const candidates = readdirSync(base)
    .filter((name) => name.startsWith(PREFIX))
    .sort();
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
