import { evaluateGates } from '../gates/evaluate.ts';
import { withImpliedGates } from '../gates/implied.ts';
import { firstManifest, type ManifestBeginning } from '../results/first-manifest.ts';
import { RunRecorder } from '../results/recorder.ts';
import type { Manifest } from '../results/records.ts';
import type { RunPlan } from '../scenario/plan-types.ts';
import { conclude } from './conclude.ts';
import { observeRun } from './observe-run.ts';
import { probeForRun } from './probe-run.ts';
import { executeRun, type RunEnd } from './runner.ts';
import { steadyWindow } from './schedule.ts';
import type { SessionInput } from './session-input.ts';

export interface SessionResult {
  manifest: Readonly<Manifest>;
  /** What stopped the run, or what could not be written; null when the plan was carried out. */
  cause: unknown;
  /** false: nothing was measured. */
  begun: boolean;
}

/**
 * One run from its folder to its verdict. Throws only when the folder cannot be made; everything later is in the
 * manifest, and `cause` says what ended it early.
 */
export async function runSession(input: SessionInput, signal: AbortSignal): Promise<SessionResult> {
  const { system, scenario, plan } = input;
  const gates = withImpliedGates(scenario.gates);
  const failure = new AbortController();
  const recorder = await RunRecorder.create(input.dir, firstManifest(beginningOf(input)), {
    durationMs: plan.durationMs,
    expectedParticipants: plan.participants.length,
    expectedTracks: expectedTracks(plan),
    onFailure: (error) => failure.abort(error),
  });
  const stop = AbortSignal.any([signal, failure.signal]);
  const probed = await probeForRun(input, recorder, stop);
  const observed = await observeRun(input, expectedTracks(plan));
  const end = await executeRun(
    {
      system,
      plan,
      sink: recorder,
      tap: observed.tap,
      samplingIntervalMs: scenario.sampling.intervalMs,
      createTarget: input.createTarget,
      createEngines: input.createEngines,
      maxPacketRatePps: () => input.maxPacketRatePps,
      onProgress: (progress) => input.onProgress(progress, () => evaluateGates(gates, recorder.query())),
    },
    stop,
  );
  const observerFiles = await observed.close();
  const conclusion = conclude({ end, gates, trustBounds: scenario.trust, query: recorder.query() });
  const writeFailure = await recorder.finish(end.tMs, {
    ...conclusion,
    ...lastFacts(input, end),
    files: [...recorder.manifest.files, ...probed.files, ...observerFiles],
    warnings: [...warningsOf(input, end), ...probed.warnings, ...observed.troubles],
    bridges: recorder.bridgeSummaries(
      end.bridges.map(({ bridgeId, software }) => ({
        id: bridgeId,
        software,
        maxPacketRatePps: input.maxPacketRatePps,
        maxPacketRateSource: input.maxPacketRateSource,
      })),
    ),
  });
  return { manifest: recorder.manifest, cause: end.cause ?? writeFailure, begun: end.begun };
}

function beginningOf(input: SessionInput): ManifestBeginning {
  const { scenario, plan, system } = input;
  return {
    tool: { version: input.toolVersion },
    scenario: { name: scenario.name, sha256: input.scenarioSha256, path: input.scenarioPath },
    command: [...input.command],
    startedAt: new Date(system.clock.wallMs()).toISOString(),
    seed: plan.seed,
    steadyWindow: steadyWindow(plan.stages),
    targetKind: scenario.target.kind,
    planned: plan.participants.length,
    intervalMs: scenario.sampling.intervalMs,
    rooms: Object.fromEntries(plan.rooms.map((room) => [room.id, room.name])),
    host: input.host,
    warnings: [...input.warnings],
  };
}

function lastFacts(input: SessionInput, end: RunEnd) {
  const versions: Record<string, string> = { node: process.versions.node, ...end.versions };
  if (end.packetLoop !== null) versions.packetLoop = end.packetLoop;
  return {
    endedAt: new Date(input.system.clock.wallMs()).toISOString(),
    participants: end.participants,
    endpoints: end.endpoints,
    accounting: end.accounting,
    kernelDrops: end.evidence.kernelDrops,
    target: { kind: end.target.kind, notOffered: [...end.target.notOffered] },
    versions,
  };
}

function warningsOf(input: SessionInput, end: RunEnd): string[] {
  return [
    ...input.warnings,
    ...(input.warningsOf?.(end.bridges) ?? []),
    ...end.leftovers.map((problem) => `could not be closed: ${problem}`),
  ];
}

/** Rough: what everybody publishes and receives, to choose how often track rows are written. */
function expectedTracks({ participants }: RunPlan): number {
  const inRoom = Map.groupBy(participants, (participant) => participant.roomId);
  let tracks = 0;
  for (const members of inRoom.values()) {
    const audio = members.filter(({ publish }) => publish.audio !== null).length;
    const video = members.filter(({ publish }) => publish.video !== null).length;
    for (const { subscribe, publish } of members) {
      tracks +=
        (publish.audio === null ? 0 : 1) +
        (publish.video === null ? 0 : 1) +
        (publish.screen === null ? 0 : 1);
      tracks += subscribe.audio === 'all' ? audio : 0;
      if (subscribe.video !== 'none')
        tracks += subscribe.video === 'all' ? video : Math.min(subscribe.video, video);
    }
  }
  return tracks;
}
