import type { BridgeSeries, RunReport, Values } from '../model/types.ts';
import { blockMeans } from './statistics.ts';

/** One thing that two runs are compared by. */
export interface Quantity {
  id: string;
  title: string;
  unit: string;
  /** Which way is worse; null: it is only told, for a change of it explains others. */
  worse: 'higher' | 'lower' | null;
  /** A smaller change than this is never worse, however large a share it is. */
  floor: number;
  /** The values of one run that stand for themselves: means of blocks, or one a participant. */
  values(report: RunReport): number[];
}

export const QUANTITIES: readonly Quantity[] = [
  fromBridges('packet_rate', 'Packet rate of all bridges', 'packets/s', null, 0, (rows) =>
    sum(rows.map((row) => row.rate)),
  ),
  fromBridges('stress', 'Stress, highest bridge', '', 'higher', 0.02, (rows) =>
    highest(rows.map((row) => row.stress)),
  ),
  fromBridges('cpu', 'CPU of all bridges', 'ratio', 'higher', 0.02, (rows) =>
    sum(rows.map((row) => row.cpu)),
  ),
  fromBridges('cpu_per_packet', 'CPU per 10,000 packets/s', 'ratio', 'higher', 0.005, (rows) => {
    const [cpu, rate] = [sum(rows.map((row) => row.cpu)), sum(rows.map((row) => row.rate))];
    return cpu === null || rate === null || rate < 100 ? null : (cpu / rate) * 10_000;
  }),
  fromBridges('memory', 'Memory of all bridges', 'bytes', 'higher', 5e6, (rows) =>
    sum(rows.map((row) => row.memory)),
  ),
  fromQuality('rtt_p50', 'Round-trip time, median', 'ms', 'higher', 0.5, (quality) => quality.rttMs.p50),
  fromQuality('rtt_p95', 'Round-trip time, p95', 'ms', 'higher', 1, (quality) => quality.rttMs.p95),
  fromQuality(
    'delay_p50',
    'One-way delay, median',
    'ms',
    'higher',
    0.5,
    (quality) => quality.oneWayDelayMs.p50,
  ),
  fromQuality('delay_p95', 'One-way delay, p95', 'ms', 'higher', 1, (quality) => quality.oneWayDelayMs.p95),
  fromQuality(
    'loss_p95',
    'Loss after repair, p95',
    'ratio',
    'higher',
    0.002,
    (quality) => quality.lossRatio.p95,
  ),
  fromQuality(
    'loss_max',
    'Loss after repair, highest',
    'ratio',
    'higher',
    0.01,
    (quality) => quality.lossRatio.max,
  ),
  fromQuality('jitter_p50', 'Jitter, median', 'ms', 'higher', 0.5, (quality) => quality.jitterMs.p50),
  fromQuality('jitter_p95', 'Jitter, p95', 'ms', 'higher', 1, (quality) => quality.jitterMs.p95),
  fromQuality(
    'fps_p50',
    'Frames per second, median',
    'fps',
    'lower',
    0.5,
    (quality) => quality.framesPerSecond.p50,
  ),
  fromQuality('fps_p5', 'Frames per second, p5', 'fps', 'lower', 1, (quality) => quality.framesPerSecond.p5),
  {
    id: 'join',
    title: 'Join time, mean',
    unit: 'ms',
    worse: 'higher',
    floor: 20,
    values: ({ participants }) => participants.flatMap(({ joinMs }) => joinMs ?? []),
  },
  {
    id: 'join_failed',
    title: 'Participants that never joined',
    unit: 'ratio',
    worse: 'higher',
    floor: 0.001,
    values: ({ participants }) => participants.map(({ joinedAtMs }) => (joinedAtMs === null ? 1 : 0)),
  },
];

/** Whether a time of the run lies in a steady stage; of a run without any, every time does. */
export function steadyAt({ stages, window }: RunReport): (tMs: number) => boolean {
  if (window !== 'steady') return () => true;
  const steady = stages.filter((stage) => stage.steady);
  return (tMs) => steady.some((stage) => tMs > stage.startMs && tMs <= stage.endMs);
}

function fromQuality(
  id: string,
  title: string,
  unit: string,
  worse: Quantity['worse'],
  floor: number,
  of: (quality: RunReport['quality']) => Values,
): Quantity {
  const values = (report: RunReport) => blockMeans(report.quality.tMs, of(report.quality), steadyAt(report));
  return { id, title, unit, worse, floor, values };
}

export interface BridgeTick {
  rate: number | null;
  stress: number | null;
  consumers: number | null;
  cpu: number | null;
  memory: number | null;
}

function fromBridges(
  id: string,
  title: string,
  unit: string,
  worse: Quantity['worse'],
  floor: number,
  of: (rows: BridgeTick[]) => number | null,
): Quantity {
  return {
    id,
    title,
    unit,
    worse,
    floor,
    values(report) {
      const { tMs, values } = acrossBridges(report.bridges, of);
      return blockMeans(tMs, values, steadyAt(report));
    },
  };
}

/** One value a tick from what all bridges had at it. */
export function acrossBridges(
  bridges: readonly BridgeSeries[],
  of: (rows: BridgeTick[]) => number | null,
): { tMs: number[]; values: Values } {
  const ticks = new Map<number, BridgeTick[]>();
  for (const bridge of bridges) {
    for (const [i, tMs] of bridge.tMs.entries()) {
      const rows = ticks.get(tMs) ?? [];
      ticks.set(tMs, rows);
      rows.push({
        rate: bridge.packetRatePps[i] ?? null,
        stress: bridge.stress[i] ?? null,
        consumers: bridge.consumers[i] ?? null,
        cpu: bridge.cpuRatio[i] ?? null,
        memory: bridge.memoryBytes[i] ?? null,
      });
    }
  }
  const sorted = [...ticks].sort(([a], [b]) => a - b);
  return { tMs: sorted.map(([tMs]) => tMs), values: sorted.map(([, rows]) => of(rows)) };
}

/** Null as soon as one is missing: a sum that leaves a bridge out would look like a gain. */
export function sum(values: Values): number | null {
  return values.reduce<number | null>(
    (total, value) => (total === null || value === null ? null : total + value),
    0,
  );
}

export function highest(values: Values): number | null {
  return values.reduce<number | null>(
    (high, value) => (value === null ? high : Math.max(high ?? value, value)),
    null,
  );
}
