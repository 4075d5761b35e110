import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { startCluster } from '../../../src/cluster/coordinator/start.ts';
import { CLUSTER_DEFAULTS } from '../../../src/cluster/settings.ts';
import type { ParticipantPlan } from '../../../src/scenario/plan-types.ts';
import { requireWorker } from '../../../src/setup/find-worker.ts';
import { createSystem } from '../../../src/system/real.ts';
import type { BridgeSample } from '../../../src/targets/types.ts';
import type { GeneratorCommand, GeneratorReading } from './generator-process.ts';
import type { MemoryReading } from './memory.ts';

const CLOCK_TICKS_PER_SECOND = 100;
const PROGRAM = fileURLToPath(new URL('./generator-process.ts', import.meta.url));

/** A generator in a process of its own. */
export class Generator {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  /** `core`: the only one that it may use. */
  static async start(
    options: Omit<Extract<GeneratorCommand, { type: 'start' }>, 'type'>,
    core: number | null = null,
  ): Promise<Generator> {
    const how =
      core === null
        ? {}
        : { execPath: 'taskset', execArgv: ['-c', String(core), process.execPath, ...process.execArgv] };
    const generator = new Generator(fork(PROGRAM, { serialization: 'advanced', ...how }));
    await generator.#ask({ type: 'start', ...options });
    return generator;
  }

  async join(plans: ParticipantPlan[], concurrency = 8): Promise<void> {
    await this.#ask({ type: 'join', plans, concurrency });
  }

  async leave(participantId: string): Promise<void> {
    await this.#ask({ type: 'leave', participantId });
  }

  async read(): Promise<GeneratorReading> {
    return (await this.#ask({ type: 'read' })) as GeneratorReading;
  }

  /** `mallocAddonFile` comes from `compileMallocAddon`; `collect`: all heaps in full before. */
  async readMemory(mallocAddonFile: string, collect: boolean): Promise<MemoryReading> {
    return (await this.#ask({ type: 'read-memory', mallocAddonFile, collect })) as MemoryReading;
  }

  async close(): Promise<void> {
    await this.#ask({ type: 'close' }).catch(() => {});
    const exited = once(this.#child, 'exit');
    this.#child.disconnect();
    await exited;
  }

  async #ask(command: GeneratorCommand): Promise<unknown> {
    const over = new AbortController();
    const { signal } = over;
    const answered = once(this.#child, 'message', { signal });
    const ended = once(this.#child, 'exit', { signal }).then(() => {
      throw new Error('the generator process ended');
    });
    for (const waiting of [answered, ended]) waiting.catch(() => {});
    this.#child.send(command);
    const [answer] = (await Promise.race([answered, ended]).finally(() => over.abort())) as [
      { result?: unknown; error?: string },
    ];
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer.result;
  }
}

export interface Scene extends AsyncDisposable {
  readonly url: string;
  readBridges(): Promise<BridgeReading>;
}

/** Of all bridges. */
export interface BridgeReading {
  cpuSeconds: number;
  /** The SFU's own counters; null when it is too busy to answer in time. */
  packetsIn: number | null;
  packetsOut: number | null;
}

/** proc(5): user and system time of the whole process. */
function processCpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS_PER_SECOND;
}

/** Bridges on this host; a reading is of all of them together. */
export async function openScene(bridges = 1): Promise<Scene> {
  const system = createSystem();
  const workerFile = await requireWorker(system);
  const cluster = await startCluster(system, { ...CLUSTER_DEFAULTS, bridges, workerFile });
  const workerPids = cluster.bridges.map(({ pid }) => {
    if (pid === null) throw new Error('the bridge is not on this host');
    return pid;
  });
  return {
    url: cluster.url,
    async readBridges() {
      const response = await fetch(`${cluster.url}/samples`);
      const samples = (await response.json()) as (BridgeSample | null)[];
      const sum = (of: (sample: BridgeSample) => number | null) =>
        samples
          .map((sample) => (sample === null ? null : of(sample)))
          .reduce((total, value) => (total === null || value === null ? null : total + value), 0);
      return {
        cpuSeconds: workerPids.reduce((total, pid) => total + processCpuSeconds(pid), 0),
        packetsIn: sum(({ local }) => local.packetsIn),
        packetsOut: sum(({ local }) => local.packetsOut),
      };
    },
    [Symbol.asyncDispose]: () => cluster.close(),
  };
}

/** What changed over a window, for the SFU's worker and for one generator. */
export interface Window {
  seconds: number;
  /** Share of all cores of this host that was busy, whoever was: near 1, both sides waited for a core. */
  hostCpuRatio: number;
  workerCpuSeconds: number;
  /** The SFU's own counters; null when it did not answer in time. */
  workerPacketsIn: number | null;
  workerPacketsOut: number | null;
  generatorCpuSeconds: number;
  participants: number;
  rssBytes: number;
  packetsReceived: number;
  packetsSent: number;
  packetsLost: number;
  packetsExpected: number;
  nackCount: number;
  datagramsReceived: number;
  datagramsSent: number;
  lateSendP99Ms: number | null;
  packetsSentLate: number;
  socketDrops: number | null;
  eventLoopUtilisationRatio: number | null;
  failures: string[];
}

export async function watch(scene: Scene, generator: Generator, seconds: number): Promise<Window> {
  const host = hostCpu();
  const [bridgeBefore, before] = [await scene.readBridges(), await generator.read()];
  await delay(1000 * seconds);
  const [bridgeAfter, after] = [await scene.readBridges(), await generator.read()];
  const hostCpuRatio = busyRatio(host, hostCpu());
  const down = (reading: GeneratorReading) => total(reading, 'down', (track) => track.packets);
  const lost = (reading: GeneratorReading) => total(reading, 'down', (track) => track.packetsLost ?? 0);
  const datagrams = (reading: GeneratorReading, name: 'datagramsReceived' | 'datagramsSent') =>
    reading.participants.reduce((sum, participant) => sum + (participant[name] ?? 0), 0);
  const packetsReceived = down(after) - down(before);
  const packetsLost = lost(after) - lost(before);
  return {
    seconds: (after.atMs - before.atMs) / 1000,
    hostCpuRatio,
    workerCpuSeconds: bridgeAfter.cpuSeconds - bridgeBefore.cpuSeconds,
    workerPacketsIn: change(bridgeBefore.packetsIn, bridgeAfter.packetsIn),
    workerPacketsOut: change(bridgeBefore.packetsOut, bridgeAfter.packetsOut),
    generatorCpuSeconds: after.cpuSeconds - before.cpuSeconds,
    participants: after.participants.length,
    rssBytes: after.rssBytes,
    packetsReceived,
    packetsSent: (after.generator.packetsSent ?? 0) - (before.generator.packetsSent ?? 0),
    packetsLost,
    packetsExpected: packetsReceived + packetsLost,
    nackCount:
      total(after, 'down', (track) => track.nackCount ?? 0) -
      total(before, 'down', (track) => track.nackCount ?? 0),
    datagramsReceived: datagrams(after, 'datagramsReceived') - datagrams(before, 'datagramsReceived'),
    datagramsSent: datagrams(after, 'datagramsSent') - datagrams(before, 'datagramsSent'),
    lateSendP99Ms: after.generator.lateSendP99Ms,
    packetsSentLate: (after.generator.packetsSentLate ?? 0) - (before.generator.packetsSentLate ?? 0),
    socketDrops:
      after.generator.socketDrops === null || before.generator.socketDrops === null
        ? null
        : after.generator.socketDrops - before.generator.socketDrops,
    eventLoopUtilisationRatio: after.generator.eventLoopUtilisationRatio,
    failures: after.failures,
  };
}

interface HostCpu {
  idle: number;
  total: number;
}

function hostCpu(): HostCpu {
  const now: HostCpu = { idle: 0, total: 0 };
  for (const { times } of cpus()) {
    now.idle += times.idle;
    now.total += times.user + times.nice + times.sys + times.irq + times.idle;
  }
  return now;
}

function busyRatio(before: HostCpu, after: HostCpu): number {
  return 1 - (after.idle - before.idle) / Math.max(1, after.total - before.total);
}

function change(before: number | null, after: number | null): number | null {
  return before === null || after === null ? null : after - before;
}

function total(
  reading: GeneratorReading,
  direction: 'up' | 'down',
  of: (track: GeneratorReading['participants'][number]['tracks'][number]) => number,
): number {
  let sum = 0;
  for (const { tracks } of reading.participants) {
    for (const track of tracks) if (track.direction === direction) sum += of(track);
  }
  return sum;
}

/** A plan for the benchmarks: everything off but what is named. */
export function benchPlan(
  id: string,
  roomId: string,
  publish: Partial<ParticipantPlan['publish']>,
  subscribe: Partial<ParticipantPlan['subscribe']> = {},
): ParticipantPlan {
  return {
    id,
    group: 'bench',
    roomId,
    engine: 'synthetic',
    joinAtMs: 0,
    leaveAtMs: null,
    publish: { audio: null, video: null, screen: null, ...publish },
    subscribe: { audio: 'none', video: 'none', preferredSpatialLayer: null, ...subscribe },
    pinnedBridge: null,
  };
}
