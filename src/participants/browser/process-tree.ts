import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks a second of `/proc`: USER_HZ, which Linux fixes at 100 for user space. */
const USER_HZ = 100;
/** Resident pages are counted in these; every Linux that Chromium runs on for x86-64 and ordinary arm64. */
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

/** A process and everything that descends from it; empty where there is no /proc or no such process. */
export function processTree(rootPid: number): ProcessStat[] {
  const all = readProcesses();
  const children = Map.groupBy(all, (process) => process.parentPid);
  const tree = all.filter((process) => process.pid === rootPid);
  for (const process of tree) tree.push(...(children.get(process.pid) ?? []));
  return tree;
}

/** What has ended meanwhile needs no killing; process ids come round again only after many thousand others. */
export function killTree(processes: readonly { pid: number }[]): void {
  for (const { pid } of processes) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // No such process: it has ended.
    }
  }
}

function readProcesses(): ProcessStat[] {
  let names: string[];
  try {
    names = readdirSync('/proc');
  } catch {
    return [];
  }
  return names
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        return parseStat(readFileSync(`/proc/${name}/stat`, 'utf8')) ?? [];
      } catch {
        // It ended between the listing and the reading.
        return [];
      }
    });
}
