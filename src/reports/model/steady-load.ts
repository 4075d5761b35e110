import { type ClusterHeadroom, clusterHeadroom } from '../../capacity/stress.ts';
import type { BridgeSummary, TimelineRecord } from '../../results/records.ts';
import { numberOrNull } from './number-or-null.ts';

/** Means of a bridge over its readings in the steady window. */
export interface SteadyLoad {
  bridgeId: string;
  packetRatePps: number;
  participants: number;
  bitrateInBps: number | null;
  bitrateOutBps: number | null;
}

/** What each bridge carried while the load was held, and how many were on it then. */
export class SteadyLoads {
  readonly #rows = new Map<string, { pps: number[]; participants: number[]; in: number[]; out: number[] }>();

  take(record: TimelineRecord): void {
    if (record.type !== 'bridge' || !record.sample.steady) return;
    const { bridgeId, packetRatePps, participants, bitrateInBps, bitrateOutBps } = record.sample;
    const rows = this.#rows.get(bridgeId) ?? { pps: [], participants: [], in: [], out: [] };
    this.#rows.set(bridgeId, rows);
    for (const [list, value] of [
      [rows.pps, packetRatePps],
      [rows.participants, participants],
      [rows.in, bitrateInBps],
      [rows.out, bitrateOutBps],
    ] as const) {
      const number = numberOrNull(value);
      if (number !== null) list.push(number);
    }
  }

  loads(): SteadyLoad[] {
    return [...this.#rows].map(([bridgeId, rows]) => ({
      bridgeId,
      packetRatePps: mean(rows.pps) ?? 0,
      participants: mean(rows.participants) ?? 0,
      bitrateInBps: mean(rows.in),
      bitrateOutBps: mean(rows.out),
    }));
  }
}

/** Of bridges that share the headroom: those with a maximum that lived, and the least of their maxima. */
export interface RunHeadroom extends ClusterHeadroom {
  maxPacketRatePps: number;
}

/** null without a maximum packet rate or without a steady window. A bridge that died has nothing to spare. */
export function headroomOf(
  loads: readonly SteadyLoad[],
  summaries: readonly BridgeSummary[],
): RunHeadroom | null {
  const alive = summaries.filter(({ diedAtMs }) => diedAtMs === null);
  const maxima = alive.flatMap(({ maxPacketRatePps }) => maxPacketRatePps ?? []);
  const use = loads.filter(({ bridgeId }) =>
    alive.some(({ id, maxPacketRatePps }) => id === bridgeId && maxPacketRatePps !== null),
  );
  if (use.length === 0 || maxima.length === 0) return null;
  const maxPacketRatePps = Math.min(...maxima);
  return maxPacketRatePps > 0 ? { ...clusterHeadroom(use, maxPacketRatePps), maxPacketRatePps } : null;
}

function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;
}
