import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Clock } from '../system/types.ts';
import { SourceFailed } from './types.ts';

const POLL_MS = 500;

export function processLives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function tryLock(path: string): boolean {
  mkdirSync(dirname(path), { recursive: true });
  try {
    writeFileSync(path, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  }
}

function holderOf(path: string): number | null {
  try {
    return Number.parseInt(readFileSync(path, 'utf8'), 10) || null;
  } catch {
    return null;
  }
}

/**
 * Runs `work` while no other set-up on this host does the same. It spares work and is not what keeps results
 * whole: those appear by one rename. So a lock whose holder died is simply taken over.
 */
export async function withLock(
  clock: Clock,
  path: string,
  options: { timeoutMs: number; signal: AbortSignal; onWait: (pid: number) => void },
  work: () => Promise<void>,
): Promise<void> {
  const deadlineMs = clock.nowMs() + options.timeoutMs;
  let told = false;
  while (!tryLock(path)) {
    const pid = holderOf(path);
    if (pid === null || !processLives(pid)) {
      rmSync(path, { force: true });
      continue;
    }
    if (clock.nowMs() > deadlineMs)
      throw new SourceFailed(`process ${pid} has been at it for too long (${path})`);
    if (!told) options.onWait(pid);
    told = true;
    await clock.sleep(POLL_MS, options.signal);
  }
  try {
    await work();
  } finally {
    rmSync(path, { force: true });
  }
}
