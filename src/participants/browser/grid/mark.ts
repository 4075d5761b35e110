import { hostname } from 'node:os';
import { startTimeOf } from '../../../system/process-start.ts';
import { processLives } from '../../../system/run-directory.ts';

const PREFIX = 'rtc-bench';

/** The name that our sessions carry on a grid (`se:name`): whose they are, so that leftovers can be told apart. */
export function ownMark(): string {
  return [PREFIX, hostname(), process.pid, startTimeOf(process.pid) ?? ''].join(' ');
}

/**
 * `gone`: a run of this host that has ended without deleting it. `other`: somebody else's, or a run on another
 * host, of which nothing can be known.
 */
export function ownerOf(mark: string): 'gone' | 'running' | 'other' {
  const [prefix, host, pid, startTime] = mark.split(' ');
  if (prefix !== PREFIX || host !== hostname()) return 'other';
  return processLives(Number(pid), startTime ?? '') ? 'running' : 'gone';
}
