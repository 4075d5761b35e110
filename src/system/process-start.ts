import { readFileSync } from 'node:fs';

/**
 * When a process began, in clock ticks since boot (proc(5), field 22): a process id alone may be another's by now.
 * null where there is no such process, or the platform does not tell.
 */
export function startTimeOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}
