import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { environmentError, errorMessage } from '../errors.ts';

/** Cores that this process may run on, by number: `0-2,5` of `/proc/self/status`. */
export function coresOfThisProcess(status = readFileSync('/proc/self/status', 'utf8')): number[] {
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? '0';
  return list.split(',').flatMap((range) => {
    const [from = 0, to = from] = range.split('-').map(Number);
    return Array.from({ length: to - from + 1 }, (_, n) => from + n);
  });
}

/**
 * Keeps a process, its threads and whatever they start to these cores. By `taskset` of util-linux: Node has no call for it.
 * @throws RtcBenchError RTCB_CPU_SHARE
 */
export async function pinToCores(pid: number, cores: readonly number[]): Promise<void> {
  try {
    await promisify(execFile)('taskset', ['-a', '-c', '-p', cores.join(','), String(pid)]);
  } catch (error) {
    throw environmentError('RTCB_CPU_SHARE', `a process cannot be kept to cores: ${errorMessage(error)}`, {
      hint: 'Linux with `taskset` (util-linux); or leave target.cpuShare out',
      cause: error,
    });
  }
}

/**
 * Which cores bridges get, and which are left for everybody else: bridges from the last one on, for whoever else there is
 * begins with the first more often than not. Bridges share theirs where there are too few. The others have what is
 * left when that is two cores at least; one would leave a load generator short, so then they have all.
 */
export function dealCores(
  cores: readonly number[],
  bridges: number,
): { bridges: number[]; others: number[] } {
  const count = Math.min(bridges, Math.max(1, cores.length - 2));
  const left = cores.slice(0, -count);
  return { bridges: cores.slice(-count).toReversed(), others: left.length < 2 ? [...cores] : left };
}
