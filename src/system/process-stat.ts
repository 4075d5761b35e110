import { readFileSync } from 'node:fs';

/** Clock ticks a second of `/proc`: USER_HZ, which Linux fixes at 100 for user space. */
const USER_HZ = 100;
/** Resident pages are counted in these; every Linux for x86-64 and ordinary arm64. */
const PAGE_BYTES = 4096;

export interface ProcessStat {
  pid: number;
  parentPid: number;
  /** Its own and that of children it has waited for, so that a closed page takes nothing out of the sum. */
  cpuSeconds: number;
  rssBytes: number;
}

/** Fields as in proc(5): 4 ppid, 14 to 17 utime, stime, cutime and cstime, 24 rss. */
export function parseStat(stat: string): ProcessStat | null {
  // The name, field 2, may hold anything, even spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const field = (number: number) => Number(fields[number - 3]);
  const pid = Number.parseInt(stat, 10);
  if (!Number.isInteger(pid) || fields.length < 22) return null;
  return {
    pid,
    parentPid: field(4),
    cpuSeconds: (field(14) + field(15) + field(16) + field(17)) / USER_HZ,
    rssBytes: field(24) * PAGE_BYTES,
  };
}

/** null where there is no /proc or no such process. */
export function readProcessStat(pid: number): ProcessStat | null {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return null;
  }
}
