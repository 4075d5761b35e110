import type { TrustVerdict } from '../results/records.ts';
import { mostCommon } from '../stats/sample.ts';
import type { Limit } from './capacity-file.ts';
import { type Edge, edgeOf, isAtEdge } from './edge-belief.ts';
import { type RatedLoad, rateAt } from './rate-at.ts';
import {
  afterDrain,
  afterStep,
  beginSearch,
  endNow,
  nextAction,
  type SearchAction,
  type SearchEnd,
  type SearchOptions,
  type SearchPhase,
  type SearchState,
  type StepVerdict,
  stepsJustOver,
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
  bridgeCpuWaitRatio: number | null;
  delayP95Ms: number | null;
  lossRatio: number | null;
  freezeRatio: number | null;
  /** Retransmissions that the bridge was asked for, a second: what tells of loss where its own loss figure does not. */
  nackRatePps: number | null;
  /** Of the generator, over the step; null where it was not assessed. */
  trust: TrustVerdict | null;
  consumers: number | null;
}

/** The world of a calibration: a bridge, a generator and a clock. */
export interface CalibrationDriver {
  /** Begins a repeat, counted from 1, with a fresh bridge. */
  fresh(repeat: number): Promise<void>;
  /** Brings the load to `load`, lets it settle, holds it long enough to judge. */
  measure(load: number, phase: SearchPhase): Promise<StepMeasurement>;
  /** Brings the load down to `load` until the bridge is calm again. */
  drain(load: number): Promise<void>;
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
  /** In loads; null unless it was found. */
  edge: Edge | null;
  /** Packet rates at the edge and at both ends of its 95 % interval; null where no step that held tells. */
  packetRatePps: number | null;
  interval: { low: number; high: number } | null;
  limitedBy: Limit;
  /** CPU that the bridge took for one packet, microseconds, over the steps near the edge that held. */
  cpuPerPacketUs: number | null;
  steps: CalibrationStep[];
  durationMs: number;
}

export interface CalibrationOptions extends SearchOptions {
  repeats: number;
  /** Time for all repeats together, ms; what is then still unknown makes the interval wider. null: no limit. */
  budgetMs: number | null;
  /** Cores that the bridge may use. Default 1: it forwards media on one. */
  bridgeCpuLimit?: number;
}

/** A repeat begins just under where the last one ended, with small strides. */
const WARM_START_SHARE = 0.94;
const WARM_GROWTH = 1.13;

/**
 * Searches `repeats` times. From the second on the ramp begins just below where the last one ended, which saves time
 * and decides nothing: what holds and what breaks is measured anew on a fresh bridge. `results` is filled as it
 * goes, so that what was complete is there when the driver throws.
 */
export async function calibrate(
  options: CalibrationOptions,
  driver: CalibrationDriver,
  results: RepeatResult[] = [],
): Promise<RepeatResult[]> {
  const { repeats, budgetMs, resolution } = options;
  const beginMs = driver.nowMs();
  for (let repeat = 1; repeat <= repeats; repeat++) {
    const last = endOf(results.at(-1));
    const warm =
      last === null
        ? {}
        : {
            start: Math.max(1, Math.floor(last * Math.min(WARM_START_SHARE, 1 - 2 * resolution))),
            growth: Math.max(WARM_GROWTH, 1 + 4 * resolution),
            around: last,
          };
    const startMs = driver.nowMs();
    const leftMs = budgetMs === null ? null : beginMs + budgetMs - startMs;
    const untilMs = leftMs === null ? null : startMs + leftMs / (repeats - repeat + 1);
    await driver.fresh(repeat);
    results.push(await searchOnce({ ...options, ...warm }, repeat, driver, startMs, untilMs));
  }
  return results;
}

/** Where a repeat ended, or how far it came. */
function endOf(result: RepeatResult | undefined): number | null {
  if (result === undefined) return null;
  const held = result.steps.flatMap(({ load, verdict }) => (verdict === 'holds' ? [load] : []));
  return result.edge?.middle ?? (held.length === 0 ? null : Math.max(...held));
}

async function searchOnce(
  options: CalibrationOptions,
  repeat: number,
  driver: CalibrationDriver,
  startMs: number,
  untilMs: number | null,
): Promise<RepeatResult> {
  const steps: CalibrationStep[] = [];
  let state = beginSearch(options);
  for (;;) {
    const action = nextAction(state, options);
    const longestMs = Math.max(0, ...steps.map(({ durationMs }) => durationMs));
    const isLate = untilMs !== null && driver.nowMs() + longestMs > untilMs && steps.length > 0;
    if (action.kind === 'done' || isLate) {
      const end = action.kind === 'done' ? action.end : endNow(state);
      return summarise(end, state, steps, driver.nowMs() - startMs);
    }
    if (action.kind === 'drain') {
      state = afterDrain(state);
      await driver.drain(restLoad(nextAction(state, options), steps));
      continue;
    }
    const stepStartMs = driver.nowMs();
    const measured = await driver.measure(action.load, action.phase);
    const durationMs = driver.nowMs() - stepStartMs;
    steps.push({ ...measured, repeat, phase: action.phase, load: action.load, durationMs });
    const { verdict, bridgeCpuRatio } = measured;
    const fullness = bridgeCpuRatio === null ? null : bridgeCpuRatio / (options.bridgeCpuLimit ?? 1);
    state = afterStep(state, { load: action.load, verdict, fullness });
  }
}

/** Well under the next step: a bridge that was pushed over its edge stays slow for a while at loads that it carried before. */
const REST_SHARE = 0.5;

function restLoad(next: SearchAction, steps: readonly CalibrationStep[]): number {
  const load = next.kind === 'measure' ? next.load : (steps.at(-1)?.load ?? 0);
  return Math.floor(load * REST_SHARE);
}

function summarise(
  end: SearchEnd,
  state: SearchState,
  steps: CalibrationStep[],
  durationMs: number,
): RepeatResult {
  const limitedBy = limitOf(end, steps, state);
  if (end !== 'found')
    return {
      ...{ end, edge: null, packetRatePps: null, interval: null, limitedBy },
      ...{ cpuPerPacketUs: null, steps, durationMs },
    };
  const edge = edgeOf(state.belief);
  const held = ratesOfHeld(steps);
  const [low, middle, high] = [edge.low, edge.middle, edge.high].map((load) => rateAt(load, held));
  return {
    end,
    edge,
    packetRatePps: middle ?? null,
    interval: low == null || high == null ? null : { low, high },
    limitedBy,
    cpuPerPacketUs: cpuPerPacketUs(steps, edge),
    steps,
    durationMs,
  };
}

/** How fast the core was is in it, so repeats that differ in it were measured on a host that was not the same. */
function cpuPerPacketUs(steps: readonly CalibrationStep[], edge: Edge): number | null {
  const costs = steps.flatMap((step) =>
    step.verdict === 'holds' && isAtEdge(step.load, edge) ? (packetCostUs(step) ?? []) : [],
  );
  return costs.length === 0 ? null : costs.reduce((sum, cost) => sum + cost, 0) / costs.length;
}

/** CPU that the bridge took for one packet, microseconds; null where it was not measured. */
export function packetCostUs({ bridgeCpuRatio, packetRatePps }: StepMeasurement): number | null {
  return bridgeCpuRatio === null || !packetRatePps ? null : (bridgeCpuRatio / packetRatePps) * 1e6;
}

/** Beyond the edge throughput falls, so only steps that held tell what a load is in packets. */
export function ratesOfHeld(steps: readonly CalibrationStep[]): RatedLoad[] {
  return steps.flatMap(({ load, verdict, packetRatePps }) =>
    verdict === 'holds' && packetRatePps !== null ? [{ load, packetRatePps }] : [],
  );
}

/** What ended it: what most of the steps just over the edge told. */
function limitOf(end: SearchEnd, steps: readonly CalibrationStep[], state: SearchState): Limit {
  if (end === 'generator-saturated') return 'generator';
  if (end === 'bound-reached') return 'search-bound';
  const told = stepsJustOver(steps, state)
    .filter(({ verdict }) => verdict === 'breaks')
    .map(({ limitedBy }) => limitedBy);
  return mostCommon(told) ?? 'unknown';
}
