import type { Limit } from './capacity-file.ts';
import {
  afterDrain,
  afterStep,
  beginSearch,
  nextAction,
  type SearchEnd,
  type SearchOptions,
  type SearchPhase,
  type StepVerdict,
} from './search.ts';

/** What one step showed; rates and qualities over its hold. */
export interface StepMeasurement {
  verdict: StepVerdict;
  /** What broke, or why nothing can be said; null when it holds. */
  reason: string | null;
  /** The resource that was at its end, as far as the step tells. */
  limitedBy: Limit;
  participants: number;
  packetRateInPps: number | null;
  packetRateOutPps: number | null;
  packetRatePps: number | null;
  bridgeCpuRatio: number | null;
  delayP95Ms: number | null;
  lossRatio: number | null;
  freezeRatio: number | null;
  consumers: number | null;
}

/** The world of a calibration: a bridge, a generator and a clock. */
export interface CalibrationDriver {
  /** Begins a repeat, counted from 1, with a fresh bridge. */
  fresh(repeat: number): Promise<void>;
  /** Brings the load to `load`, lets it settle, holds it long enough to judge. */
  measure(load: number, phase: SearchPhase): Promise<StepMeasurement>;
  /** Takes the load off until the bridge is calm again. */
  drain(): Promise<void>;
  /** Monotonic milliseconds. */
  nowMs(): number;
}

export interface CalibrationStep extends StepMeasurement {
  repeat: number;
  phase: SearchPhase;
  load: number;
  durationMs: number;
}

export interface RepeatResult {
  end: SearchEnd;
  /** Highest load that held, and lowest that did not. */
  under: number | null;
  over: number | null;
  /** Mean packet rate at `under`. */
  packetRatePps: number | null;
  limitedBy: Limit;
  steps: CalibrationStep[];
  durationMs: number;
}

/** Before a repeat begins where the last one ended, it goes back by this share. */
const WARM_START_SHARE = 0.7;
const WARM_GROWTH = 1.3;

/**
 * Searches `repeats` times. From the second on the ramp begins below where the last one ended, which saves time
 * and decides nothing: what holds and what breaks is measured anew on a fresh bridge. `results` is filled as it
 * goes, so that what was complete is there when the driver throws.
 */
export async function calibrate(
  options: SearchOptions & { repeats: number },
  driver: CalibrationDriver,
  results: RepeatResult[] = [],
): Promise<RepeatResult[]> {
  for (let repeat = 1; repeat <= options.repeats; repeat++) {
    const last = results.at(-1)?.under ?? null;
    const warm = last === null ? {} : { start: Math.max(1, last * WARM_START_SHARE), growth: WARM_GROWTH };
    await driver.fresh(repeat);
    results.push(await searchOnce({ ...options, ...warm }, repeat, driver));
  }
  return results;
}

async function searchOnce(
  options: SearchOptions,
  repeat: number,
  driver: CalibrationDriver,
): Promise<RepeatResult> {
  const startMs = driver.nowMs();
  const steps: CalibrationStep[] = [];
  let state = beginSearch(options);
  for (;;) {
    const action = nextAction(state, options);
    if (action.kind === 'done') return summarise(action.end, state, steps, driver.nowMs() - startMs);
    if (action.kind === 'drain') {
      await driver.drain();
      state = afterDrain(state);
      continue;
    }
    const stepStartMs = driver.nowMs();
    const measured = await driver.measure(action.load, action.phase);
    const durationMs = driver.nowMs() - stepStartMs;
    steps.push({ ...measured, repeat, phase: action.phase, load: action.load, durationMs });
    state = afterStep(state, action.load, measured.verdict, options);
  }
}

function summarise(
  end: SearchEnd,
  { under, over }: { under: number | null; over: number | null },
  steps: CalibrationStep[],
  durationMs: number,
): RepeatResult {
  const held = steps.filter((step) => step.load === under && step.verdict === 'holds');
  const rates = held.flatMap((step) => step.packetRatePps ?? []);
  const packetRatePps = rates.length === 0 ? null : rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
  return { end, under, over, packetRatePps, limitedBy: limitOf(end, over, steps), steps, durationMs };
}

/** What ended it: what the last step just over the edge told. */
function limitOf(end: SearchEnd, over: number | null, steps: readonly CalibrationStep[]): Limit {
  if (end === 'generator-saturated') return 'generator';
  if (end === 'bound-reached') return 'search-bound';
  return steps.findLast((step) => step.load === over && step.verdict !== 'holds')?.limitedBy ?? 'unknown';
}
