/**
 * `npm run bench -- synthetic-equivalence [--json] [--participants N] [--seconds N]`: the same room once with
 * browsers and once with synthetic participants, side by side as the SFU and the receivers see it.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startCluster } from '../src/cluster/coordinator/start.ts';
import { CLUSTER_DEFAULTS } from '../src/cluster/settings.ts';
import { createBrowserEngine } from '../src/participants/browser/index.ts';
import { createSyntheticEngine } from '../src/participants/synthetic/index.ts';
import type { Engine, EngineOptions, ParticipantSample, TrackSample } from '../src/participants/types.ts';
import type { EngineKind } from '../src/scenario/plan-types.ts';
import { requireWorker } from '../src/setup/find-worker.ts';
import { createSystem } from '../src/system/real.ts';
import type { BridgeSample } from '../src/targets/types.ts';
import { benchPlan } from './lib/synthetic/scene.ts';

/** Media packet rates within 10 %, CPU of the SFU within 15 %. */
const TARGETS: Record<string, number> = {
  'packets in a participant': 0.1,
  'packets out a participant': 0.1,
  'SFU CPU a participant': 0.15,
};
const CLOCK_TICKS_PER_SECOND = 100;
const SETTLE_MS = 15_000;

type Row = Record<string, number>;

interface Moment {
  atMs: number;
  bridge: BridgeSample | undefined;
  workerCpuSeconds: number;
  participants: ParticipantSample[];
}

async function measure(kind: EngineKind, count: number, seconds: number): Promise<Row> {
  const system = createSystem();
  const cluster = await startCluster(system, {
    ...CLUSTER_DEFAULTS,
    bridges: 1,
    workerFile: await requireWorker(system),
  });
  const failures: string[] = [];
  const options: EngineOptions = {
    onEvent(event) {
      if (event.type === 'failed' || event.type === 'engine-failed') failures.push(event.reason);
    },
    async access(plan) {
      const response = await fetch(`${cluster.url}/rooms/access`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ room: plan.roomId, participantId: plan.id }),
      });
      const { url, bridgeId } = (await response.json()) as { url: string; bridgeId: string };
      return { protocol: 'rtc-bench-v1', url, roomName: plan.roomId, bridgeId };
    },
  };
  const engine: Engine =
    kind === 'browser' ? createBrowserEngine(system, options) : createSyntheticEngine(system, options);
  try {
    const { signal } = new AbortController();
    await engine.start(signal);
    const video = { codec: 'vp8', heightPixels: 720, framesPerSecond: 30, simulcast: true } as const;
    for (let i = 0; i < count; i += 1) {
      const plan = benchPlan(
        `p${i}`,
        'room',
        { audio: { pattern: 'continuous' }, video },
        { audio: 'all', video: 'all' },
      );
      await engine.join({ ...plan, engine: kind }, signal);
    }
    if (failures.length > 0) throw new Error(`not everybody joined: ${failures[0]}`);
    await delay(SETTLE_MS);
    const pid = cluster.bridges[0]?.pid ?? 0;
    const moment = async (): Promise<Moment> => {
      const [bridge] = (await (await fetch(`${cluster.url}/samples`)).json()) as BridgeSample[];
      return {
        atMs: performance.now(),
        bridge,
        workerCpuSeconds: cpuSeconds(pid),
        participants: await engine.sample(),
      };
    };
    const before = await moment();
    await delay(1000 * seconds);
    return compare(before, await moment(), count);
  } finally {
    await engine.close();
    await cluster.close();
  }
}

/** proc(5): user and system time of a process. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / CLOCK_TICKS_PER_SECOND;
}

function compare(before: Moment, after: Moment, count: number): Row {
  const seconds = (after.atMs - before.atMs) / 1000;
  const perSecond = (from: number | null | undefined, to: number | null | undefined) =>
    ((to ?? Number.NaN) - (from ?? Number.NaN)) / seconds / count;
  const sum = (moment: Moment, direction: 'up' | 'down', of: (track: TrackSample) => number | null) =>
    moment.participants
      .flatMap(({ tracks }) => tracks)
      .filter((track) => track.direction === direction)
      .reduce((total, track) => total + (of(track) ?? 0), 0);
  const tracks = (
    name: string,
    direction: 'up' | 'down',
    of: (track: TrackSample) => number | null,
  ): Row => ({
    [name]: perSecond(sum(before, direction, of), sum(after, direction, of)),
  });
  const heights = after.participants
    .flatMap((participant) => participant.tracks)
    .flatMap(({ direction, frameHeight }) =>
      direction === 'down' && frameHeight !== null ? [frameHeight] : [],
    );
  const { bridge: first } = before;
  const { bridge: last } = after;
  return {
    'packets in a participant': perSecond(first?.local.packetsIn, last?.local.packetsIn),
    'packets out a participant': perSecond(first?.local.packetsOut, last?.local.packetsOut),
    'bytes in a participant': perSecond(first?.local.bytesIn, last?.local.bytesIn),
    'bytes out a participant': perSecond(first?.local.bytesOut, last?.local.bytesOut),
    'SFU CPU a participant': perSecond(before.workerCpuSeconds, after.workerCpuSeconds),
    'key frame requests at the SFU': perSecond(first?.pliCount, last?.pliCount),
    'NACKs at the SFU': perSecond(first?.nackCount, last?.nackCount),
    ...tracks('audio packets up', 'up', ({ kind, packets }) => (kind === 'audio' ? packets : 0)),
    ...tracks('video packets up', 'up', ({ kind, packets }) => (kind === 'video' ? packets : 0)),
    ...tracks('video frames down', 'down', ({ frames }) => frames),
    ...tracks('key frames down', 'down', ({ keyFrames }) => keyFrames),
    'mean height received': heights.reduce((total, height) => total + height, 0) / heights.length,
  };
}

export async function main(args: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: 'boolean', default: false },
      participants: { type: 'string', default: '3' },
      seconds: { type: 'string', default: '15' },
    },
  });
  const [count, seconds] = [Number(values.participants), Number(values.seconds)];
  const browser = await measure('browser', count, seconds);
  const synthetic = await measure('synthetic', count, seconds);
  const rows = Object.keys(browser).map((name) => {
    const [theirs = Number.NaN, ours = Number.NaN] = [browser[name], synthetic[name]];
    const differenceRatio = (ours - theirs) / theirs;
    const target = TARGETS[name] ?? null;
    const met = target === null ? null : Math.abs(differenceRatio) <= target;
    return { name, browser: theirs, synthetic: ours, differenceRatio, target, met };
  });
  if (values.json) {
    console.log(JSON.stringify({ benchmark: 'synthetic-equivalence', schemaVersion: 1, rows }, null, 2));
  } else {
    for (const { name, browser: theirs, synthetic: ours, differenceRatio, met } of rows) {
      const percent = `${(100 * differenceRatio).toFixed(0)} %`;
      const mark = met === null ? '' : met ? 'ok' : 'MISS';
      console.log(
        `${name.padEnd(32)} ${theirs.toPrecision(4).padStart(10)} ${ours.toPrecision(4).padStart(10)} ${percent.padStart(8)} ${mark}`,
      );
    }
  }
  return rows.every(({ met }) => met !== false) ? 0 : 99;
}
