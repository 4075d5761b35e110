import type { RunStatus } from '../results/records.ts';
import type { RunPlan, StagePlan } from '../scenario/plan-types.ts';
import type { Snapshot } from './measurements.ts';
import { Rig, type RigEnd, type RigParts } from './rig.ts';
import { beginWhenDue, type DueTask, tickThrough } from './schedule.ts';

export interface RunParts extends Omit<RigParts, 'rooms' | 'participants'> {
  plan: RunPlan;
  samplingIntervalMs: number;
  /** Once before the origin, after every tick, and when everything is being closed. */
  onProgress(progress: RunProgress): void;
}

export interface RunProgress {
  phase: 'probing' | 'starting' | 'running' | 'draining';
  tMs: number;
  stage: StagePlan | null;
  snapshot: Snapshot | null;
  notice: string | null;
}

/** How a run ended, and what is known only then. */
export interface RunEnd extends RigEnd {
  status: Exclude<RunStatus, 'running'>;
  /** What stopped it before its plan was over; told by the command line when it is an error of ours. */
  cause: unknown;
  /** false: target or engines did not come up, so there is nothing to report but the cause. */
  begun: boolean;
}

/** The reason with which a run is stopped from outside. */
export class Interrupted extends Error {
  readonly signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP';
  constructor(signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP') {
    super(`interrupted by ${signal}`);
    this.name = 'Interrupted';
    this.signal = signal;
  }
}

/**
 * Executes a plan: brings target and engines up, begins joins and leaves when they are due, reads everything at
 * every tick, closes what was opened. It never throws for what happens to the run: that is in the `RunEnd`.
 */
export async function executeRun(parts: RunParts, signal: AbortSignal): Promise<RunEnd> {
  const over = new AbortController();
  const { rooms, participants } = parts.plan;
  const rig = new Rig({ ...parts, rooms, participants }, AbortSignal.any([signal, over.signal]));
  const progress = (phase: RunProgress['phase'], stage: StagePlan | null = null) =>
    parts.onProgress({ phase, tMs: rig.tMs(), stage, snapshot: rig.snapshot, notice: rig.notice });
  let cause: unknown = null;
  let begun = false;
  try {
    progress('starting');
    await rig.start();
    begun = true;
    await drive(parts, rig, (stage) => progress('running', stage));
  } catch (error) {
    cause = rig.signal.aborted ? rig.signal.reason : error;
  }
  // Joins that are still under way have nowhere to arrive.
  over.abort(cause ?? new Error('the run is over'));
  progress('draining');
  const status = cause === null ? 'completed' : cause instanceof Interrupted ? 'interrupted' : 'failed';
  return { ...(await rig.close()), status, cause, begun };
}

/** From the origin to the end of the plan: joins and leaves on one side, ticks on the other. */
async function drive(parts: RunParts, rig: Rig, onTick: (stage: StagePlan | null) => void): Promise<void> {
  const { plan, sink, samplingIntervalMs } = parts;
  const { clock } = parts.system;
  sink.record({
    tMs: 0,
    type: 'run-started',
    startedAt: new Date(clock.wallMs()).toISOString(),
    planned: plan.participants.length,
    durationMs: plan.durationMs,
    stages: plan.stages,
  });
  const originMs = rig.begin();
  const tasks: DueTask[] = plan.participants.flatMap((participant) => [
    { dueMs: participant.joinAtMs, begin: (lagMs: number) => void rig.join(participant, lagMs) },
    ...(participant.leaveAtMs === null
      ? []
      : [{ dueMs: participant.leaveAtMs, begin: () => void rig.leave(participant) }]),
  ]);
  const ticks = tickThrough({
    clock,
    originMs,
    stages: plan.stages,
    durationMs: plan.durationMs,
    intervalMs: samplingIntervalMs,
    enterStage: (stage, tMs) => rig.enterStage(stage.name, stage.steady, tMs),
    async take(stage, isFirst) {
      await rig.tick({ name: stage?.name ?? '', steady: stage?.steady ?? false }, isFirst);
      onTick(stage);
    },
    signal: rig.signal,
  });
  await Promise.all([beginWhenDue(tasks, originMs, clock, rig.signal), ticks]);
}
