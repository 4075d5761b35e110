import type { GateResult } from '../results/records.ts';
import type { Scenario } from '../scenario/load.ts';
import type { RunPlan } from '../scenario/plan-types.ts';
import type { HostInfo } from '../system/host-info.ts';
import type { System } from '../system/types.ts';
import type { BridgeInfo } from '../targets/types.ts';
import type { RunParts, RunProgress } from './runner.ts';

/** What a run is made of. */
export interface SessionInput {
  system: System;
  toolVersion: string;
  scenario: Scenario;
  plan: RunPlan;
  scenarioPath: string;
  scenarioSha256: string;
  maxPacketRatePps: number | null;
  maxPacketRateSource: string | null;
  /** The command that repeats the run. */
  command: readonly string[];
  dir: string;
  host: HostInfo;
  /** What is worth a warning before anything starts: a capacity file of another machine, a public target. */
  warnings: readonly string[];
  /** What is worth a warning once it is known which bridges there are. */
  warningsOf?(bridges: readonly BridgeInfo[]): readonly string[];
  createTarget: RunParts['createTarget'];
  createEngines: RunParts['createEngines'];
  onProgress(progress: RunProgress, gates: () => readonly GateResult[]): void;
}
