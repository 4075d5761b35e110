import { readdirSync } from 'node:fs';
import { type ProcessStat, readProcessStat } from '../../system/process-stat.ts';

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
  return (
    names
      .filter((name) => /^\d+$/.test(name))
      // Null: it ended between the listing and the reading.
      .flatMap((name) => readProcessStat(Number(name)) ?? [])
  );
}
