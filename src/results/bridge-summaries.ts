import { samplesNeeded } from '../stats/distribution.ts';
import type { BridgeRow, BridgeSummary, TimelineRecord, WindowStats } from './records.ts';

/** Mean, nearest-rank p95 (from 20 values on) and maximum; null for what too few values cannot tell. */
export function windowStats(values: readonly number[]): WindowStats {
  if (values.length === 0) return { mean: null, p95: null, max: null };
  const sorted = values.toSorted((a, b) => a - b);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const enough = values.length >= samplesNeeded(0.95);
  return {
    mean,
    p95: enough ? (sorted[Math.ceil(0.95 * sorted.length) - 1] ?? null) : null,
    max: sorted.at(-1) ?? null,
  };
}

type Quantity = 'packetRatePps' | 'relayPacketRatePps' | 'stress' | 'cpuRatio';

interface Entry {
  software: string;
  maxPacketRatePps: number | null;
  diedAtMs: number | null;
  values: Record<Quantity, number[]>;
}

/**
 * What the manifest says of each bridge, from the rows of the timeline (those of `bridges.csv`): over its steady
 * rows, each row weighing the same. The recorder and the reader both use it, so a killed run's report says what
 * its manifest would have said.
 */
export class BridgeSummaries {
  readonly #bridges = new Map<string, Entry>();

  take(record: TimelineRecord): void {
    if (record.type === 'bridge') this.#row(record.sample);
    else if (record.type === 'bridge-up') this.#entry(record.bridgeId).software = record.software;
    else if (record.type === 'bridge-died') this.#entry(record.bridgeId).diedAtMs = record.tMs;
  }

  /** In order of appearance. `known` gives what the timeline does not tell: where a maximum came from. */
  result(
    known: readonly Pick<
      BridgeSummary,
      'id' | 'software' | 'maxPacketRatePps' | 'maxPacketRateSource'
    >[] = [],
  ): BridgeSummary[] {
    const byId = new Map(known.map((bridge) => [bridge.id, bridge]));
    for (const { id } of known) this.#entry(id);
    return [...this.#bridges].map(([id, entry]) => ({
      id,
      software: entry.software === '' ? (byId.get(id)?.software ?? '') : entry.software,
      maxPacketRatePps: entry.maxPacketRatePps ?? byId.get(id)?.maxPacketRatePps ?? null,
      maxPacketRateSource: byId.get(id)?.maxPacketRateSource ?? null,
      packetRatePps: windowStats(entry.values.packetRatePps),
      relayPacketRatePps: windowStats(entry.values.relayPacketRatePps),
      stress: windowStats(entry.values.stress),
      cpuRatio: windowStats(entry.values.cpuRatio),
      diedAtMs: entry.diedAtMs,
    }));
  }

  #row(row: BridgeRow): void {
    const entry = this.#entry(row.bridgeId);
    entry.maxPacketRatePps = row.maxPacketRatePps;
    if (!row.steady) return;
    const { values } = entry;
    values.packetRatePps.push(row.packetRatePps);
    values.relayPacketRatePps.push(row.relayPacketRateInPps + row.relayPacketRateOutPps);
    if (row.stress !== null) values.stress.push(row.stress);
    if (row.cpuRatio !== null) values.cpuRatio.push(row.cpuRatio);
  }

  #entry(id: string): Entry {
    let entry = this.#bridges.get(id);
    if (entry === undefined) {
      entry = {
        software: '',
        maxPacketRatePps: null,
        diedAtMs: null,
        values: { packetRatePps: [], relayPacketRatePps: [], stress: [], cpuRatio: [] },
      };
      this.#bridges.set(id, entry);
    }
    return entry;
  }
}
