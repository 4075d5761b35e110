import { readFileSync } from 'node:fs';
import { processTree } from '../../src/participants/browser/process-tree.ts';
import type { ProcessStat } from '../../src/system/process-stat.ts';

/** How a process was called; empty when it has ended. */
export function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

export const isBrowser = (pid: number) => /chrom|firefox/i.test(commandLine(pid));

/** Processes of browsers that descend from this one. */
export function browserProcesses(rootPid: number): ProcessStat[] {
  return processTree(rootPid).filter(({ pid }) => isBrowser(pid));
}
