import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { startCluster } from '../../../src/cluster/coordinator/start.ts';
import { CLUSTER_DEFAULTS } from '../../../src/cluster/settings.ts';
import { createBrowserEngine } from '../../../src/participants/browser/index.ts';
import { createSyntheticEngine } from '../../../src/participants/synthetic/index.ts';
import { RtcpCensus, type RtcpCount } from '../../../src/participants/synthetic/rtcp/census.ts';
import type { Engine, EngineOptions, ParticipantSample } from '../../../src/participants/types.ts';
import type { EngineKind, VideoPublication } from '../../../src/scenario/plan-types.ts';
import { requireWorker } from '../../../src/setup/find-worker.ts';
import { createSystem } from '../../../src/system/real.ts';
import type { BridgeSample } from '../../../src/targets/types.ts';
import { accessTo } from '../cluster-access.ts';
import { benchPlan } from '../synthetic/scene.ts';
import { DumpingChromium, isRtcp } from './dumping-chromium.ts';

const CLOCK_TICKS_PER_SECOND = 100;
/** Estimates, encoders and heaps find their pace. */
const SETTLE_MS = 12_000;

export interface RoomOptions {
  participants: number;
  seconds: number;
  video: VideoPublication;
  audio: 'speech' | 'continuous';
}

interface Moment {
  atMs: number;
  bridge: BridgeSample;
  workerCpuSeconds: number;
  generatorCpuSeconds: number | null;
  participants: ParticipantSample[];
}

/** One room of participants of one kind, at the beginning and at the end of a stretch of time. */
export interface RoomReading {
  kind: EngineKind;
  participants: number;
  before: Moment;
  after: Moment;
  /** Compounds in between, as the participants sent and received them. */
  rtcp: RtcpCount[];
  versions: Record<string, string>;
}

/** RTCP of all participants so far, in the clear. */
interface RtcpSource {
  read(): Promise<RtcpCount[]>;
  close(): void;
}

export async function measureRoom(kind: EngineKind, options: RoomOptions): Promise<RoomReading> {
  const system = createSystem();
  const cluster = await startCluster(system, {
    ...CLUSTER_DEFAULTS,
    bridges: 1,
    workerFile: await requireWorker(system),
  });
  const failures: string[] = [];
  const engineOptions: EngineOptions = {
    onEvent(event) {
      if (event.type === 'failed' || event.type === 'engine-failed') failures.push(event.reason);
    },
    access: (plan, _attempt, signal) => accessTo(cluster.url, plan, signal),
  };
  const { engine, rtcp } = await createEngine(kind, engineOptions);
  const pid = cluster.bridges[0]?.pid ?? 0;
  const moment = async (): Promise<Moment> => {
    const [bridge] = (await (await fetch(`${cluster.url}/samples`)).json()) as BridgeSample[];
    if (bridge === undefined) throw new Error('the bridge is gone');
    return {
      atMs: performance.now(),
      bridge,
      workerCpuSeconds: cpuSeconds(pid),
      generatorCpuSeconds: (await engine.sampleGenerator()).cpuSeconds,
      participants: await engine.sample(),
    };
  };
  try {
    const { signal } = new AbortController();
    await engine.start(signal);
    for (let i = 0; i < options.participants; i += 1) {
      const publish = { audio: { pattern: options.audio }, video: options.video };
      const plan = benchPlan(`p${i}`, 'room', publish, { audio: 'all', video: 'all' });
      await engine.join({ ...plan, engine: kind }, signal);
    }
    if (failures.length > 0) throw new Error(`not everybody joined: ${failures[0]}`);
    await delay(SETTLE_MS);
    const [before, rtcpBefore] = [await moment(), await rtcp.read()];
    await delay(1000 * options.seconds);
    const [after, rtcpAfter] = [await moment(), await rtcp.read()];
    return {
      kind,
      participants: options.participants,
      before,
      after,
      rtcp: subtract(rtcpAfter, rtcpBefore),
      versions: engine.versions(),
    };
  } finally {
    await engine.close();
    rtcp.close();
    await cluster.close();
  }
}

async function createEngine(
  kind: EngineKind,
  options: EngineOptions,
): Promise<{ engine: Engine; rtcp: RtcpSource }> {
  const system = createSystem();
  if (kind === 'synthetic') {
    const engine = createSyntheticEngine(system, options, { countRtcp: true });
    return { engine, rtcp: { read: () => engine.rtcpCounts(), close() {} } };
  }
  const chromium = await DumpingChromium.create(system);
  const engine = createBrowserEngine(system, options, { executable: chromium.executable });
  const census = new RtcpCensus();
  let position = 0;
  return {
    engine,
    rtcp: {
      async read() {
        const to = chromium.position();
        for await (const { direction, data } of chromium.packets(position, to)) {
          if (isRtcp(data)) census.count(direction, data);
        }
        position = to;
        return structuredClone(census.counts);
      },
      close: () => chromium.close(),
    },
  };
}

/** proc(5): user and system time of a process. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS_PER_SECOND;
}

function subtract(after: readonly RtcpCount[], before: readonly RtcpCount[]): RtcpCount[] {
  const key = ({ direction, names }: RtcpCount) => `${direction} ${names.join('+')}`;
  const known = new Map(before.map((entry) => [key(entry), entry.count]));
  return after
    .map((entry) => ({ ...entry, count: entry.count - (known.get(key(entry)) ?? 0) }))
    .filter(({ count }) => count > 0);
}
