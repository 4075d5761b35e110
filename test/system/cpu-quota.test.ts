import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CpuQuota, groupParents } from '../../src/system/cpu-quota.ts';

const V1_MOUNTS = `30 24 0:26 / /sys/fs/cgroup rw - tmpfs tmpfs rw,mode=755
31 30 0:27 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct
32 30 0:28 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
33 30 0:29 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw`;

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'rtcb-groups-'));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

const remove = (path: string) => rmSync(path, { recursive: true });
const pinned: [pid: number, cores: readonly number[]][] = [];
const pin = async (pid: number, cores: readonly number[]) => void pinned.push([pid, cores]);

describe('where a control group may be made', () => {
  it('is the process’s own group and those above it, in both generations', () => {
    expect(groupParents(V1_MOUNTS, '4:cpu,cpuacct:/a/b\n3:memory:/m\n0::/c')).toEqual([
      { folder: '/sys/fs/cgroup/cpu,cpuacct/a/b', version: 1 },
      { folder: '/sys/fs/cgroup/cpu,cpuacct/a', version: 1 },
      { folder: '/sys/fs/cgroup/cpu,cpuacct', version: 1 },
      { folder: '/sys/fs/cgroup/unified/c', version: 2 },
      { folder: '/sys/fs/cgroup/unified', version: 2 },
    ]);
  });

  it('is below what a container has mounted', () => {
    const mounts = '40 30 0:30 /docker/x /sys/fs/cgroup ro,nosuid - cgroup2 cgroup rw,nsdelegate';
    expect(groupParents(mounts, '0::/docker/x/y')).toEqual([
      { folder: '/sys/fs/cgroup/y', version: 2 },
      { folder: '/sys/fs/cgroup', version: 2 },
    ]);
    expect(groupParents(mounts, '0::/')).toEqual([{ folder: '/sys/fs/cgroup', version: 2 }]);
  });

  it('is nowhere without a CPU controller', () => {
    expect(groupParents('', '0::/')).toEqual([]);
    expect(groupParents('32 30 0:28 / /m rw - cgroup cgroup rw,memory', '3:memory:/m')).toEqual([]);
  });
});

// An ordinary folder stands for the kernel's; that the kernel obeys is held in test/e2e/cpu-share.test.ts.
describe('a share of a core', () => {
  it('is written in the words of v1', async () => {
    const parent = folder();
    const quota = CpuQuota.open(0.25, [{ folder: parent, version: 1 }], remove, pin);
    await quota.limit(4711, 3);
    const read = (name: string) => readFileSync(join(parent, 'rtc-bench-4711', name), 'utf8');
    expect(read('cpu.cfs_period_us')).toBe('10000');
    expect(read('cpu.cfs_quota_us')).toBe('2500');
    expect(read('cpu.shares')).toBe('10240');
    expect(read('cgroup.procs')).toBe('4711');
    expect(pinned).toContainEqual([4711, [3]]);
  });

  it('is written in the words of v2, in the nearest group whose children have the controller', async () => {
    const [own, above] = [folder(), folder()];
    writeFileSync(join(own, 'cgroup.subtree_control'), 'memory pids\n');
    writeFileSync(join(above, 'cgroup.subtree_control'), 'cpu memory\n');
    const parents = [own, above].map((folder) => ({ folder, version: 2 as const }));
    const quota = CpuQuota.open(0.5, parents, remove, pin);
    await quota.limit(4711, 3);
    expect(readFileSync(join(above, 'rtc-bench-4711', 'cpu.max'), 'utf8')).toBe('5000 10000');
    expect(existsSync(join(own, 'rtc-bench-4711'))).toBe(false);
    quota.close();
    expect(existsSync(join(above, 'rtc-bench-4711'))).toBe(false);
  });

  it('takes away the groups of processes that are gone, and lets those be that live', () => {
    const parent = folder();
    const gone = 2 ** 22 + 1;
    for (const name of [`rtc-bench-${gone}`, 'rtc-bench-1', 'another']) mkdirSync(join(parent, name));
    CpuQuota.open(0.25, [{ folder: parent, version: 1 }], remove, pin);
    expect(existsSync(join(parent, `rtc-bench-${gone}`))).toBe(false);
    expect(existsSync(join(parent, 'rtc-bench-1'))).toBe(true);
    expect(existsSync(join(parent, 'another'))).toBe(true);
  });

  it('says why it cannot be had, and what to do', () => {
    const missing = join(folder(), 'missing');
    expect(() => CpuQuota.open(0.5, [{ folder: missing, version: 1 }])).toThrow(
      expect.objectContaining({
        code: 'RTCB_CPU_SHARE',
        exitCode: 3,
        message: expect.stringContaining(missing),
        hint: expect.stringContaining('target.cpuShare'),
      }),
    );
    expect(() => CpuQuota.open(0.5, [])).toThrow('no control groups with a CPU controller');
  });
});
