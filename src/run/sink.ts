import type { TrustEvidence } from './evidence.ts';
import type { MeasurementSink } from './measurements.ts';

/** Where a run is written; the recorder of the run folder implements it. */
export interface RunSink extends MeasurementSink {
  /** Begins a stage: before anything of it is observed. */
  startStage(stage: string, steady: boolean, tMs: number): void;
  /** Resolves when the disk has caught up. */
  drain(): Promise<void>;
}

/** Everything that is written passes the evidence on its way. */
export function withEvidence(sink: RunSink, evidence: TrustEvidence): RunSink {
  return {
    record(record) {
      evidence.record(record);
      sink.record(record);
    },
    bridgeRow(tMs, row) {
      evidence.bridgeRow(row);
      sink.bridgeRow(tMs, row);
    },
    participantRow(tMs, row) {
      evidence.participantRow(row);
      sink.participantRow(tMs, row);
    },
    trackRow: (tMs, row) => sink.trackRow(tMs, row),
    observe: (metric, labels, value) => sink.observe(metric, labels, value),
    startStage: (stage, steady, tMs) => sink.startStage(stage, steady, tMs),
    drain: () => sink.drain(),
  };
}
