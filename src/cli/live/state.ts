import type { BridgeRow, GateResult, QualityRow } from '../../results/records.ts';

/** What a live view shows; the runner tells it every second. */
export interface LiveState {
  phase: 'probing' | 'starting' | 'running' | 'draining';
  scenarioName: string;
  /** Since the origin; negative or 0 while starting. */
  tMs: number;
  durationMs: number;
  stage: string | null;
  planned: number;
  quality: QualityRow | null;
  bridges: readonly BridgeRow[];
  gates: readonly GateResult[];
  /** The newest thing worth saying: a bridge that died, a browser that crashed. */
  notice: string | null;
}
