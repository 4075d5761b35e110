import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';

/** What a number depends on and a reader of the report cannot know: the machine it was measured on. */
export type HostInfo = Record<string, string | number | null>;

function firstLine(path: string): string | null {
  try {
    return readFileSync(path, 'utf8').split('\n', 1)[0]?.trim() ?? null;
  } catch {
    return null;
  }
}

function numberIn(path: string): number | null {
  const text = firstLine(path);
  return text === null || text === '' || Number.isNaN(Number(text)) ? null : Number(text);
}

/** Cores that the control group grants, from cgroup v2 `cpu.max`; null without a limit. */
function cgroupCores(): number | null {
  const [quota, period] = (firstLine('/sys/fs/cgroup/cpu.max') ?? 'max').split(' ').map(Number);
  return quota === undefined || period === undefined || Number.isNaN(quota) ? null : quota / period;
}

/** Read once at the beginning of a run. Names carry their units; null where this platform does not tell. */
export function readHostInfo(): HostInfo {
  return {
    os: `${type()} ${release()}`,
    cpuModel: cpus()[0]?.model.trim() ?? null,
    cores: cpus().length,
    coresAvailable: availableParallelism(),
    cgroupCores: cgroupCores(),
    memoryTotalBytes: totalmem(),
    cpuGovernor: firstLine('/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor'),
    clockSource: firstLine('/sys/devices/system/clocksource/clocksource0/current_clocksource'),
    udpReceiveBufferMaxBytes: numberIn('/proc/sys/net/core/rmem_max'),
    udpReceiveBufferDefaultBytes: numberIn('/proc/sys/net/core/rmem_default'),
    udpSendBufferMaxBytes: numberIn('/proc/sys/net/core/wmem_max'),
    netdevMaxBacklog: numberIn('/proc/sys/net/core/netdev_max_backlog'),
  };
}
