import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { calibrate, type RepeatResult } from '../capacity/calibrate.ts';
import { type CapacityFile, formatCapacityFile } from '../capacity/capacity-file.ts';
import { findKnee } from '../capacity/knee.ts';
import { SEARCH_DEFAULTS } from '../capacity/search.ts';
import { type CalibrationSummary, summariseRepeats } from '../capacity/summary.ts';
import { ExitCode, errorMessage, RtcBenchError } from '../errors.ts';
import type { GateSpec } from '../gates/types.ts';
import { firstManifest, type ManifestBeginning } from '../results/first-manifest.ts';
import { RunRecorder } from '../results/recorder.ts';
import type { RunStatus } from '../results/records.ts';
import { Interrupted } from '../run/runner.ts';
import { cpuShareOf } from '../scenario/cpu-share.ts';
import { describeTraffic } from '../scenario/traffic.ts';
import type { HostInfo } from '../system/host-info.ts';
import { curveCsv } from './curve-csv.ts';
import { type CalibrationParts, RigDriver } from './driver.ts';

export interface CalibrationInput
  extends Pick<CalibrationParts, 'system' | 'scenario' | 'createTarget' | 'createEngines' | 'onProgress'> {
  toolVersion: string;
  scenarioPath: string;
  scenarioSha256: string;
  objective: readonly GateSpec[];
  command: readonly string[];
  dir: string;
  host: HostInfo;
  /** What is worth knowing before anything starts. */
  warnings: readonly string[];
}

export interface CalibrationResult {
  /** null when it was stopped before a repeat was over. */
  capacity: CapacityFile | null;
  summary: CalibrationSummary | null;
  exitCode: number;
  cause: unknown;
}

/** Rough length for how finely the record is kept; a search has no length of its own. */
const EXPECTED_DURATION_MS = 300_000;

/** Searches for what one bridge carries and writes the record, `capacity.json` and `curve.csv` into `dir`. */
export async function runCalibration(
  input: CalibrationInput,
  signal: AbortSignal,
): Promise<CalibrationResult> {
  const { scenario, system } = input;
  const failure = new AbortController();
  const recorder = await RunRecorder.create(input.dir, firstManifest(beginningOf(input)), {
    durationMs: EXPECTED_DURATION_MS,
    onFailure: (error) => failure.abort(error),
  });
  const stop = AbortSignal.any([signal, failure.signal]);
  const driver = new RigDriver(
    { ...input, sink: recorder, query: () => recorder.query(), maxPacketRatePps: () => null },
    stop,
  );
  const { start, max, resolution, maxSteps, budgetMs, repeats: count } = scenario.calibrate;
  const repeats: RepeatResult[] = [];
  let cause: unknown = null;
  try {
    await calibrate(
      {
        ...{ start, max, growth: SEARCH_DEFAULTS.growth, resolution, maxSteps, budgetMs, repeats: count },
        bridgeCpuLimit: scenario.target.cpuShare ?? 1,
      },
      driver,
      repeats,
    );
  } catch (error) {
    cause = stop.aborted ? stop.reason : error;
  }
  await driver.close().catch((error: unknown) => {
    cause ??= error;
  });
  const summary = repeats.length === 0 ? null : summariseRepeats(repeats, scenario.calibrate);
  const capacity = summary === null ? null : capacityFile(input, driver, repeats, summary);
  if (capacity !== null) {
    await writeFile(join(input.dir, 'capacity.json'), formatCapacityFile(capacity), { mode: 0o600 });
    await writeFile(join(input.dir, 'curve.csv'), curveCsv(capacity.curve), { mode: 0o600 });
  }
  const exitCode = exitCodeOf(cause, capacity);
  const status = statusOf(cause);
  const writeFailure = await recorder.finish(driver.tMs, {
    status,
    statusReason: cause === null ? (summary?.problem ?? null) : errorMessage(cause),
    verdict: status === 'completed' && capacity?.maxPacketRatePps != null ? 'pass' : 'inconclusive',
    exitCode,
    endedAt: new Date(system.clock.wallMs()).toISOString(),
    trust: capacity?.trust ?? null,
    versions: { node: process.versions.node, ...driver.versions },
    bridges: recorder.bridgeSummaries(),
    files: [...recorder.manifest.files, ...(capacity === null ? [] : ['capacity.json', 'curve.csv'])],
  });
  return { capacity, summary, exitCode, cause: cause ?? writeFailure };
}

function capacityFile(
  input: CalibrationInput,
  driver: RigDriver,
  repeats: readonly RepeatResult[],
  summary: CalibrationSummary,
): CapacityFile {
  const { scenario } = input;
  const curve = repeats.flatMap(({ steps }) =>
    steps.map(({ verdict, limitedBy: _limit, consumers: _consumers, trust, ...step }) => ({
      ...step,
      trust: trust === null ? null : { ...trust, reasons: trust.reasons.map((reason) => ({ ...reason })) },
      holds: verdict === 'saturated' ? null : verdict === 'holds',
    })),
  );
  const knee = findKnee(
    curve.flatMap(({ packetRatePps, delayP95Ms }) =>
      packetRatePps === null || delayP95Ms === null ? [] : [{ x: packetRatePps, y: delayP95Ms }],
    ),
  );
  return {
    schemaVersion: 1,
    tool: { version: input.toolVersion },
    createdAt: new Date(input.system.clock.wallMs()).toISOString(),
    scenario: { name: scenario.name, sha256: input.scenarioSha256 },
    traffic: describeTraffic(scenario),
    bridge: {
      kind: scenario.target.kind,
      software: driver.software,
      ...cpuShareOf(scenario.target),
    },
    machine: input.host,
    versions: { node: process.versions.node, ...driver.versions },
    objective: input.objective.map((gate) => gate.text),
    variable: scenario.calibrate.variable,
    maxPacketRatePps: summary.maxPacketRatePps,
    interval: summary.interval,
    spreadRatio: summary.spreadRatio,
    equalSpeed: summary.equalSpeed,
    repeats: repeats.map((repeat) => ({
      maxPacketRatePps: repeat.packetRatePps,
      load: repeat.edge?.middle ?? null,
      loadInterval: repeat.edge === null ? null : { low: repeat.edge.low, high: repeat.edge.high },
      limitedBy: repeat.limitedBy,
      cpuPerPacketUs: repeat.cpuPerPacketUs,
      steps: repeat.steps.length,
      durationMs: repeat.durationMs,
    })),
    limitedBy: summary.limitedBy,
    perParticipant: summary.perParticipant,
    perConsumer: summary.perConsumer,
    curve,
    knee: knee === null ? null : { packetRatePps: knee.x, method: knee.method, band: knee.band },
    search: { durationMs: summary.durationMs, linearRampMs: summary.linearRampMs },
    trust: trustOf(repeats, summary),
  };
}

function trustOf(repeats: readonly RepeatResult[], summary: CalibrationSummary): CapacityFile['trust'] {
  const saturated = repeats.flatMap(({ steps }) => steps.filter(({ verdict }) => verdict === 'saturated'));
  const reasons = [...new Set(saturated.flatMap(({ reason }) => reason ?? []))].map((message) => ({
    code: 'generator-saturated',
    message,
    value: null,
    bound: null,
  }));
  if (summary.maxPacketRatePps === null && reasons.length > 0) return { verdict: 'saturated', reasons };
  return { verdict: reasons.length > 0 ? 'suspect' : 'trusted', reasons };
}

function statusOf(cause: unknown): Exclude<RunStatus, 'running'> {
  if (cause === null) return 'completed';
  return cause instanceof Interrupted ? 'interrupted' : 'failed';
}

function exitCodeOf(cause: unknown, capacity: CapacityFile | null): number {
  if (cause instanceof Interrupted)
    return cause.signal === 'SIGINT' ? ExitCode.interrupted : ExitCode.terminated;
  if (cause !== null) return cause instanceof RtcBenchError ? cause.exitCode : ExitCode.bug;
  return capacity?.maxPacketRatePps == null ? ExitCode.inconclusive : ExitCode.pass;
}

function beginningOf(input: CalibrationInput): ManifestBeginning {
  const { scenario, system } = input;
  return {
    tool: { version: input.toolVersion },
    scenario: { name: scenario.name, sha256: input.scenarioSha256, path: input.scenarioPath },
    command: [...input.command],
    startedAt: new Date(system.clock.wallMs()).toISOString(),
    seed: scenario.seed,
    steadyWindow: null,
    targetKind: scenario.target.kind,
    planned: 0,
    intervalMs: scenario.sampling.intervalMs,
    host: input.host,
    warnings: [...input.warnings],
  };
}
