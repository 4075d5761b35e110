import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { environmentError, errorMessage } from '../errors.ts';
import { pinToCores } from './cpu-cores.ts';

/**
 * A share of one core for another process, by a control group of its own (CFS bandwidth control): never more, and
 * before others, so that the share is what it gets. Both generations are spoken: v1 (`cpu.cfs_quota_us`, `cpu.shares`)
 * and v2 (`cpu.max`, `cpu.weight`). See Documentation/scheduler/sched-bwc.rst and admin-guide/cgroup-v2.rst of the
 * kernel.
 */

/** Short, so that who is held back waits some milliseconds, as on a slower core, and not a tenth of a second. */
const PERIOD_US = 10_000;

/** Ten times what an ordinary process has. */
const WEIGHT = { 1: ['cpu.shares', '10240'], 2: ['cpu.weight', '1000'] } as const;

const GROUP = /^rtc-bench-(\d+)$/;

/** Where a group may be made, and in which generation's words. */
export interface GroupParent {
  folder: string;
  version: 1 | 2;
}

/** The process's control groups, nearest first, up to what is mounted: from `/proc/self/mountinfo` and `cgroup`. */
export function groupParents(mountInfo: string, ownGroups: string): GroupParent[] {
  const mounts = mountInfo.split('\n').flatMap((line): { root: string; folder: string; version: 1 | 2 }[] => {
    const [before = '', after = ''] = line.split(' - ');
    const [, , , root, folder] = before.split(' ');
    const [type, , options = ''] = after.split(' ');
    if (root === undefined || folder === undefined) return [];
    if (type === 'cgroup' && options.split(',').includes('cpu')) return [{ root, folder, version: 1 }];
    return type === 'cgroup2' ? [{ root, folder, version: 2 }] : [];
  });
  const own = ownGroups.split('\n').map((line) => /^\d+:([^:]*):(.*)$/.exec(line));
  return mounts.flatMap(({ root, folder, version }) => {
    const path = own.find(
      (match) => match !== null && (version === 2 ? match[1] === '' : match[1]?.split(',').includes('cpu')),
    )?.[2];
    if (path === undefined) return [];
    // In a container the mount may begin below the host's root, and the path may lie outside of it.
    const below = relative(root, path);
    const parts = below === '' || below.startsWith('..') ? [] : below.split('/');
    return [...parts, null].map((_, n) => ({
      folder: join(folder, ...parts.slice(0, parts.length - n)),
      version,
    }));
  });
}

/** The files in a group go with it, which those of an ordinary folder do not. */
type RemoveGroup = (folder: string) => void;

type Pin = (pid: number, cores: readonly number[]) => Promise<void>;

/** Hands out shares of a core; finds out first whether this host lets it. */
export class CpuQuota {
  readonly share: number;
  readonly #parent: GroupParent;
  readonly #remove: RemoveGroup;
  readonly #pin: Pin;
  readonly #made: string[] = [];

  private constructor(share: number, parent: GroupParent, remove: RemoveGroup, pin: Pin) {
    this.share = share;
    this.#parent = parent;
    this.#remove = remove;
    this.#pin = pin;
  }

  /**
   * @param share of one core, 0.1 to 1.
   * @throws RtcBenchError RTCB_CPU_SHARE where no control group can be made.
   */
  static open(
    share: number,
    parents: readonly GroupParent[] = parentsOfThisProcess(),
    remove: RemoveGroup = rmdirSync,
    pin: Pin = pinToCores,
  ): CpuQuota {
    const obstacles: string[] = [];
    for (const parent of parents) {
      const trial = join(parent.folder, `rtc-bench-${process.pid}`);
      try {
        if (parent.version === 2) requireCpuController(parent.folder);
        removeLeftovers(parent.folder, remove);
        mkdirSync(trial);
        try {
          setShare(trial, parent.version, share);
        } finally {
          remove(trial);
        }
        return new CpuQuota(share, parent, remove, pin);
      } catch (error) {
        obstacles.push(errorMessage(error));
      }
    }
    const why = obstacles[0] ?? 'this host has no control groups with a CPU controller';
    throw environmentError('RTCB_CPU_SHARE', `a bridge cannot be given a share of a core: ${why}`, {
      hint: 'Linux, as root or in a delegated control group with the cpu controller; or leave target.cpuShare out',
    });
  }

  /**
   * Holds a process and all its threads to the share, of one core and always the same: what a group was given for one
   * core and did not use there is lost to it for a while when it goes to another.
   */
  async limit(pid: number, core: number): Promise<void> {
    const folder = join(this.#parent.folder, `rtc-bench-${pid}`);
    mkdirSync(folder);
    this.#made.push(folder);
    setShare(folder, this.#parent.version, this.share);
    writeFileSync(join(folder, 'cgroup.procs'), String(pid));
    await this.#pin(pid, [core]);
  }

  /** Takes the groups away, once the processes have ended. */
  close(): void {
    for (const folder of this.#made.splice(0)) removeGroup(folder, this.#remove);
  }
}

function parentsOfThisProcess(): GroupParent[] {
  try {
    return groupParents(
      readFileSync('/proc/self/mountinfo', 'utf8'),
      readFileSync('/proc/self/cgroup', 'utf8'),
    );
  } catch {
    return [];
  }
}

function requireCpuController(folder: string): void {
  if (!readFileSync(join(folder, 'cgroup.subtree_control'), 'utf8').split(/\s/).includes('cpu'))
    throw new Error(`${folder}/cgroup.subtree_control does not have cpu`);
}

function setShare(folder: string, version: 1 | 2, share: number): void {
  const [weight, value] = WEIGHT[version];
  writeFileSync(join(folder, weight), value);
  const quotaUs = Math.round(share * PERIOD_US);
  if (version === 2) {
    writeFileSync(join(folder, 'cpu.max'), `${quotaUs} ${PERIOD_US}`);
    return;
  }
  writeFileSync(join(folder, 'cpu.cfs_period_us'), String(PERIOD_US));
  writeFileSync(join(folder, 'cpu.cfs_quota_us'), String(quotaUs));
}

/** Groups of processes that are gone: a killed run cannot take its own away. */
function removeLeftovers(folder: string, remove: RemoveGroup): void {
  for (const name of readdirSync(folder)) {
    const pid = GROUP.exec(name)?.[1];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) removeGroup(join(folder, name), remove);
  }
}

/** The kernel refuses while somebody is in it, and then it is not ours to take. */
function removeGroup(folder: string, remove: RemoveGroup): void {
  try {
    remove(folder);
  } catch {
    // Somebody else took it away, or the process is not quite gone: the next run looks again.
  }
}
