import { readFileSync } from 'node:fs';

/**
 * How long a process has stood ready and was given no core, in seconds: the second field of `/proc/PID/schedstat`, of
 * the process's first thread. A quota (cgroup `cpu.max`) and other processes on the host both show in it. null
 * where the kernel does not tell.
 */
export function readCpuWaitSeconds(pid: number | null): number | null {
  if (pid === null) return null;
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/schedstat`, 'utf8');
  } catch {
    return null;
  }
  const nanoseconds = Number(text.split(' ')[1]);
  return Number.isFinite(nanoseconds) ? nanoseconds / 1e9 : null;
}
