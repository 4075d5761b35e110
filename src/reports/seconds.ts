import { type Columns, csvHeader, csvLines, csvRow } from '../results/csv.ts';
import { acrossBridges, type BridgeTick, highest, steadyAt, sum } from './compare/quantities.ts';
import type { RunReport, Values } from './model/types.ts';

/** What bridges and participants together showed in one second; bridges summed up. */
export interface Second {
  tMs: number;
  stage: string | null;
  steady: boolean;
  participants: number | null;
  /** Tracks that bridges send to somebody. */
  consumers: number | null;
  packetRatePps: number | null;
  /** Highest of the bridges. */
  stress: number | null;
  cpuRatio: number | null;
  delayP50Ms: number | null;
  delayP95Ms: number | null;
  lossP95Ratio: number | null;
}

/** A run second by second: load, CPU and delay beside each other. */
export function secondsOf(report: RunReport): Second[] {
  const { bridges, quality, stages } = report;
  const isSteady = steadyAt(report);
  const stageAt = (tMs: number) => stages.find((stage) => tMs > stage.startMs && tMs <= stage.endMs);
  const byTime = (of: (rows: BridgeTick[]) => number | null) => {
    const { tMs, values } = acrossBridges(bridges, of);
    return new Map(tMs.map((t, i) => [t, values[i] ?? null]));
  };
  const [consumers, rate, stress, cpu] = [
    byTime((rows) => sum(rows.map((row) => row.consumers))),
    byTime((rows) => sum(rows.map((row) => row.rate))),
    byTime((rows) => highest(rows.map((row) => row.stress))),
    byTime((rows) => sum(rows.map((row) => row.cpu))),
  ];
  return quality.tMs.map((tMs, i) => {
    const at = (values: Values) => values[i] ?? null;
    return {
      tMs,
      stage: stageAt(tMs)?.name ?? null,
      steady: isSteady(tMs),
      participants: at(quality.joined),
      consumers: consumers.get(tMs) ?? null,
      packetRatePps: rate.get(tMs) ?? null,
      stress: stress.get(tMs) ?? null,
      cpuRatio: cpu.get(tMs) ?? null,
      delayP50Ms: at(quality.oneWayDelayMs.p50),
      delayP95Ms: at(quality.oneWayDelayMs.p95),
      lossP95Ratio: at(quality.lossRatio.p95),
    };
  });
}

const COLUMNS: Columns<Second> = [
  ['t_s', ({ tMs }) => Math.round(tMs) / 1000],
  ['stage', ({ stage }) => stage],
  ['steady', ({ steady }) => steady],
  ['participants', ({ participants }) => participants],
  ['consumers', ({ consumers }) => consumers],
  ['packet_rate_pps', ({ packetRatePps }) => packetRatePps],
  ['stress', ({ stress }) => stress],
  ['bridge_cpu_percent', ({ cpuRatio }) => (cpuRatio === null ? null : cpuRatio * 100)],
  ['delay_p50_ms', ({ delayP50Ms }) => delayP50Ms],
  ['delay_p95_ms', ({ delayP95Ms }) => delayP95Ms],
  ['loss_p95_ratio', ({ lossP95Ratio }) => lossP95Ratio],
];

/** `seconds.csv`: a row a second, empty for what was not measured. */
export function secondsCsv(report: RunReport): string {
  return csvHeader(COLUMNS) + csvLines(secondsOf(report).map((second) => csvRow(COLUMNS, second)));
}
