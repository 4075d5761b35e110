import { readFileSync } from 'node:fs';
import { cpus, freemem, totalmem } from 'node:os';

/** UDP counters of the kernel since boot, of this network namespace (`/proc/net/snmp`, section Udp). */
export interface UdpCounters {
  inDatagrams: number;
  noPorts: number;
  inErrors: number;
  outDatagrams: number;
  rcvbufErrors: number;
  sndbufErrors: number;
}

/** CPU time of the whole host in seconds since boot, summed over its cores (`/proc/stat`, first line). */
export interface HostCpuSeconds {
  busy: number;
  idle: number;
  /** Time that the hypervisor gave to somebody else. */
  steal: number;
}

/**
 * One reading of the host. What this platform does not offer is null, never 0.
 */
export interface HostCounters {
  cpu: HostCpuSeconds | null;
  cores: number;
  memoryTotalBytes: number;
  memoryAvailableBytes: number;
  udp: UdpCounters | null;
  /** Packets dropped because a CPU's backlog was full, over all CPUs (`/proc/net/softnet_stat`, column 2). */
  softnetDropped: number | null;
  /** CPU seconds of this process: user and system. */
  processCpuSeconds: number;
  processRssBytes: number;
}

/** Clock ticks a second of `/proc/stat`: USER_HZ, which Linux fixes at 100 for user space. */
const USER_HZ = 100;

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

/** Parses the Udp section of `/proc/net/snmp` by name: kernels differ in which columns they have. */
export function parseUdpCounters(snmp: string): UdpCounters | null {
  const [header, values] = snmp.split('\n').filter((line) => line.startsWith('Udp:'));
  if (header === undefined || values === undefined) return null;
  const numbers = values.trim().split(/\s+/);
  const byName = new Map(
    header
      .trim()
      .split(/\s+/)
      .map((name, i) => [name, Number(numbers[i])]),
  );
  const counter = (name: string) => byName.get(name) ?? 0;
  return {
    inDatagrams: counter('InDatagrams'),
    noPorts: counter('NoPorts'),
    inErrors: counter('InErrors'),
    outDatagrams: counter('OutDatagrams'),
    rcvbufErrors: counter('RcvbufErrors'),
    sndbufErrors: counter('SndbufErrors'),
  };
}

/** Parses the first line of `/proc/stat`; the columns are those of proc(5). */
export function parseCpuSeconds(stat: string): HostCpuSeconds | null {
  const line = stat.split('\n', 1)[0] ?? '';
  if (!line.startsWith('cpu ')) return null;
  const [user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0] = line
    .trim()
    .split(/\s+/)
    .slice(1)
    .map((ticks) => Number(ticks) / USER_HZ);
  return { busy: user + nice + system + irq + softirq, idle: idle + iowait, steal };
}

/** Sums column 2 (hexadecimal) of `/proc/net/softnet_stat` over its lines, one a CPU. */
export function parseSoftnetDropped(softnet: string): number {
  return softnet
    .split('\n')
    .filter((line) => line.trim() !== '')
    .reduce((sum, line) => sum + Number.parseInt(line.trim().split(/\s+/)[1] ?? '0', 16), 0);
}

function availableMemoryBytes(): number {
  const match = /^MemAvailable:\s+(\d+) kB/m.exec(readText('/proc/meminfo') ?? '');
  return match ? Number(match[1]) * 1024 : freemem();
}

/** Reads everything once. Costs well under a millisecond, so it can be called every second. */
export function readHostCounters(): HostCounters {
  const snmp = readText('/proc/net/snmp');
  const stat = readText('/proc/stat');
  const softnet = readText('/proc/net/softnet_stat');
  const usage = process.cpuUsage();
  return {
    cpu: stat === null ? null : parseCpuSeconds(stat),
    cores: cpus().length,
    memoryTotalBytes: totalmem(),
    memoryAvailableBytes: availableMemoryBytes(),
    udp: snmp === null ? null : parseUdpCounters(snmp),
    softnetDropped: softnet === null ? null : parseSoftnetDropped(softnet),
    processCpuSeconds: (usage.user + usage.system) / 1e6,
    processRssBytes: process.memoryUsage.rss(),
  };
}
