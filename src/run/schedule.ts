import type { StagePlan } from '../scenario/plan-types.ts';
import type { Clock } from '../system/types.ts';

/**
 * Two ticks closer than this are one: a stage boundary beside a regular tick needs no reading of its own, and over so
 * short a time a rate says little.
 */
export const MERGE_TICKS_MS = 250;

/**
 * When the sampler reads: every `intervalMs` from the origin and at every stage boundary, so that no interval
 * belongs to two stages. Milliseconds after the origin, ascending, the last one at `durationMs`.
 */
export function tickTimes(stages: readonly StagePlan[], durationMs: number, intervalMs: number): number[] {
  const boundaries = stages.map((stage) => stage.endMs).filter((time) => time > 0 && time < durationMs);
  const fixed = [...new Set([...boundaries, durationMs])].sort((a, b) => a - b);
  const ticks = [...fixed];
  for (let time = intervalMs; time < durationMs; time += intervalMs) {
    if (!fixed.some((boundary) => Math.abs(boundary - time) < Math.min(MERGE_TICKS_MS, intervalMs / 2)))
      ticks.push(time);
  }
  return ticks.sort((a, b) => a - b);
}

/** The stage in force just after `timeMs`; the last one when the plan is over, null without stages. */
export function stageAt(stages: readonly StagePlan[], timeMs: number): StagePlan | null {
  return stages.find((stage) => timeMs < stage.endMs) ?? stages.at(-1) ?? null;
}

/** The steady window: from the first steady stage's start to the last one's end; null without one. */
export function steadyWindow(stages: readonly StagePlan[]): { startMs: number; endMs: number } | null {
  const steady = stages.filter((stage) => stage.steady);
  const [first, last] = [steady.at(0), steady.at(-1)];
  return first === undefined || last === undefined ? null : { startMs: first.startMs, endMs: last.endMs };
}

export interface DueTask {
  dueMs: number;
  /** Begins the task; must not throw and not block: long work goes on by itself. */
  begin(lagMs: number): void;
}

/**
 * Begins each task when it is due, counted from `originMs` on the clock: a late one is begun late with its lag
 * told, and delays none of those after it. Returns when all are begun; rejects with the signal's reason.
 */
export async function beginWhenDue(
  tasks: readonly DueTask[],
  originMs: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  for (const task of tasks.toSorted((a, b) => a.dueMs - b.dueMs)) {
    const waitMs = originMs + task.dueMs - clock.nowMs();
    if (waitMs > 0) await clock.sleep(waitMs, signal);
    signal.throwIfAborted();
    task.begin(Math.max(0, clock.nowMs() - originMs - task.dueMs));
  }
}

export interface TickOptions {
  clock: Clock;
  originMs: number;
  stages: readonly StagePlan[];
  durationMs: number;
  intervalMs: number;
  /** Called at the beginning of each stage, before anything of it is read. */
  enterStage(stage: StagePlan, tMs: number): void;
  /** Reads everything; the interval that ends now lies in `stage`. The first call, at the origin, ends none. */
  take(stage: StagePlan | null, isFirst: boolean): Promise<void>;
  signal: AbortSignal;
}

/** Reads at every tick of the plan, from the origin to its end. A tick that the one before it overran is left
 * out, unless a stage or the plan ends with it. Rejects with the signal's reason. */
export async function tickThrough(options: TickOptions): Promise<void> {
  const { clock, originMs, stages, durationMs, intervalMs, signal } = options;
  let stage = stageAt(stages, 0);
  if (stage !== null) options.enterStage(stage, 0);
  await options.take(stage, true);
  for (const dueMs of tickTimes(stages, durationMs, intervalMs)) {
    const next = stageAt(stages, dueMs);
    const isLast = dueMs >= durationMs;
    const waitMs = originMs + dueMs - clock.nowMs();
    if (waitMs < -intervalMs && !isLast && next === stage) continue;
    if (waitMs > 0) await clock.sleep(waitMs, signal);
    signal.throwIfAborted();
    await options.take(stage, false);
    if (isLast || next === null || next === stage) continue;
    options.enterStage(next, dueMs);
    stage = next;
  }
}
