import type { RunReader } from '../../results/reader.ts';
import type { TimelineRecord } from '../../results/records.ts';
import { Events } from './events.ts';
import { pairsOf } from './pairs.ts';
import { Participants } from './participants.ts';
import { percentileRows } from './percentiles.ts';
import { Rooms } from './rooms.ts';
import {
  addBridgeRow,
  addGeneratorRow,
  addHostRow,
  addQualityRow,
  newBridgeSeries,
  newGeneratorSeries,
  newHostSeries,
  newQualitySeries,
} from './series.ts';
import { readSideFindings } from './side-files.ts';
import { headroomOf, SteadyLoads } from './steady-load.ts';
import type { BridgeSeries, GeneratorSeries, RunReport, StageBand } from './types.ts';

/** The stages as they came; a run that died ends its last one where its record ends. */
class Stages {
  readonly bands: StageBand[] = [];
  lastMs = 0;

  take(record: TimelineRecord): void {
    this.lastMs = Math.max(this.lastMs, record.tMs);
    if (record.type !== 'stage-started') return;
    this.#end(record.tMs);
    this.bands.push({ name: record.stage, startMs: record.tMs, endMs: record.tMs, steady: record.steady });
  }

  finish(): StageBand[] {
    this.#end(this.lastMs);
    return this.bands;
  }

  #end(tMs: number): void {
    const last = this.bands.at(-1);
    if (last !== undefined) last.endMs = tMs;
  }
}

/** Reads a folder once through and gathers what reports show. Memory is a few numbers a second of the run. */
export async function buildReport(reader: RunReader): Promise<RunReport> {
  const stages = new Stages();
  const events = new Events();
  const rooms = new Rooms();
  const participants = new Participants();
  const loads = new SteadyLoads();
  let startedAt = reader.manifest.startedAt;
  const bridges = new Map<string, BridgeSeries>();
  const generators = new Map<string, GeneratorSeries>();
  const quality = newQualitySeries();
  const host = newHostSeries();
  await reader.timeline((record) => {
    for (const part of [stages, events, rooms, participants, loads]) part.take(record);
    const { tMs } = record;
    // Participants begin a while after the folder was made: this is when the run's own clock read zero.
    if (record.type === 'run-started') startedAt = record.startedAt;
    else if (record.type === 'bridge') {
      const id = record.sample.bridgeId;
      addBridgeRow(of(bridges, id, newBridgeSeries), tMs, record.sample);
    } else if (record.type === 'generator') {
      addGeneratorRow(of(generators, record.sample.engine, newGeneratorSeries), tMs, record.sample);
    } else if (record.type === 'quality') addQualityRow(quality, tMs, record.sample);
    else if (record.type === 'host') addHostRow(host, tMs, record.sample);
  });
  const bands = stages.finish();
  const window = bands.some((band) => band.steady && band.endMs > band.startMs) ? 'steady' : 'all';
  const store = await reader.loadDistributions();
  const roomRows = await rooms.rows(reader, window);
  const side = await readSideFindings(reader.dir, Date.parse(startedAt));
  const steadyLoads = loads.loads();
  const everybody = participants.worstFirst();
  return {
    dir: reader.dir,
    manifest: reader.manifest,
    died: reader.died,
    warnings: [...reader.manifest.warnings, ...reader.warnings, ...side.warnings],
    durationMs: stages.lastMs,
    window,
    stages: bands,
    bridges: [...bridges.values()],
    quality,
    host,
    generators: [...generators.values()],
    percentiles: percentileRows(store, window),
    rooms: roomRows,
    participants: everybody,
    traffic: participants.traffic(),
    pairs: pairsOf(reader.manifest, everybody, store, window),
    steadyLoads,
    headroom: headroomOf(steadyLoads, reader.manifest.bridges),
    observed: side.observed,
    probe: side.probe,
    buffers: side.buffers,
    failures: events.failures(),
    events: events.rows,
    eventsLeftOut: events.leftOut,
  };
}

function of<T>(map: Map<string, T>, key: string, make: (key: string) => T): T {
  const present = map.get(key);
  if (present !== undefined) return present;
  const made = make(key);
  map.set(key, made);
  return made;
}
