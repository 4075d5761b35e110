import { afterAnswer, beginBelief, type EdgeBelief, edgeOf, edgeQuantiles } from './edge-belief.ts';

/**
 * The search for the highest load that still holds, as a state machine without clock or I/O: ramp up by factors
 * until something breaks, step to where the edge is as likely above as below, then confirm just under and just
 * over. The edge is a noisy threshold, so what steps told is weighed and never taken as proof; after `maxSteps` what
 * is left unknown is told as a wider interval. Past the knee an SFU's throughput falls and retransmissions feed
 * the fall, so after every break it is let drain before the next step.
 */
export interface SearchOptions {
  /** The first load, in units of what is varied (participants, rooms, …). */
  start: number;
  /** Never beyond. */
  max: number;
  /** Each step of the ramp over the one before, and never more over what held. Default 2. */
  growth: number;
  /** Where to stop: how narrow the interval of the edge has to be, as a share of it. Default 0.02. */
  resolution: number;
  /** Steps at most. Default 12. */
  maxSteps: number;
  /** Where a search before this one ended. */
  around?: number;
}

export const SEARCH_DEFAULTS = { growth: 2, resolution: 0.02, maxSteps: 12 } as const;

export type SearchPhase = 'bracket' | 'bisect' | 'confirm-under' | 'confirm-over';

/** `saturated`: the generator was the bottleneck, so the step tells nothing about the bridge. */
export type StepVerdict = 'holds' | 'breaks' | 'saturated';

export type SearchEnd =
  /** Steps held under an edge and broke over it. */
  | 'found'
  /** `max` holds. */
  | 'bound-reached'
  /** Beyond what holds, the generator cannot go. */
  | 'generator-saturated'
  /** Not even the least load holds. */
  | 'nothing-holds'
  /** Steps or time were over before anything held, or before anything broke. */
  | 'gave-up';

export type SearchAction =
  | { kind: 'measure'; load: number; phase: SearchPhase }
  | { kind: 'drain' }
  | { kind: 'done'; end: SearchEnd };

export interface SearchStep {
  load: number;
  verdict: StepVerdict;
  /** Share of what the bridge has that it used, where that is known: how far the ramp may go at once. */
  fullness?: number | null;
}

export interface SearchState {
  /** Those that count. */
  steps: readonly SearchStep[];
  belief: EdgeBelief;
  drain: boolean;
  /** Load of a step in which the generator was saturated: measured again before it counts. */
  doubted: number | null;
  /** Steps taken, with those that do not count. */
  taken: number;
}

/**
 * A search is over when this share of the belief lies within the resolution: all repeats together tell more, and the
 * time is better spent on the next one.
 */
const CLOSED_SHARE = 0.65;

/** A side counts as confirmed when steps next to the edge, on that side, said so this often. */
const CONFIRMED = 2;

export function beginSearch({ max, resolution, around }: SearchOptions): SearchState {
  return { steps: [], belief: beginBelief(max, resolution, around), drain: false, doubted: null, taken: 0 };
}

/** What to do next. Loads are whole numbers from 1 to `max`. */
export function nextAction(state: SearchState, options: SearchOptions): SearchAction {
  if (state.drain) return { kind: 'drain' };
  const { steps, doubted, taken } = state;
  const { max, maxSteps } = options;
  if (doubted !== null && taken < maxSteps) return { kind: 'measure', load: doubted, phase: phaseOf(steps) };
  const seen = (load: number, holds: boolean) =>
    steps.filter((step) => step.load === load && (step.verdict === 'holds') === holds).length;
  const held = steps.some(({ verdict }) => verdict === 'holds');
  const broke = steps.some(({ verdict }) => verdict !== 'holds');
  if (seen(max, true) > seen(max, false) && (!broke || seen(max, true) >= CONFIRMED))
    return { kind: 'done', end: 'bound-reached' };
  if (seen(1, false) >= CONFIRMED && seen(1, false) > seen(1, true))
    return {
      kind: 'done',
      end: isGenerators(stepsJustOver(steps, state)) ? 'generator-saturated' : 'nothing-holds',
    };
  const next = held && broke ? closeIn(state, options) : ramp(state, options);
  return next === null || taken >= maxSteps ? { kind: 'done', end: endNow(state) } : next;
}

/**
 * The state after a step. One hiccup of the host must neither end a search without a capacity nor pass for an edge: a
 * saturated generator counts when it was seen twice in a row.
 */
export function afterStep(state: SearchState, step: SearchStep): SearchState {
  const taken = state.taken + 1;
  if (step.verdict === 'saturated' && state.doubted !== step.load)
    return { ...state, drain: true, doubted: step.load, taken };
  const holds = step.verdict === 'holds';
  return {
    steps: [...state.steps, step],
    belief: afterAnswer(state.belief, step.load, holds),
    drain: !holds,
    doubted: null,
    taken,
  };
}

export function afterDrain(state: SearchState): SearchState {
  return { ...state, drain: false };
}

/** What the search comes to when it has to end here. */
export function endNow(state: SearchState): SearchEnd {
  const over = stepsJustOver(state.steps, state);
  if (over.length === 0) return 'gave-up';
  if (isGenerators(over)) return 'generator-saturated';
  return state.steps.some(({ verdict }) => verdict === 'holds') ? 'found' : 'gave-up';
}

function phaseOf(steps: readonly SearchStep[]): SearchPhase {
  const held = steps.some(({ verdict }) => verdict === 'holds');
  return held && steps.some(({ verdict }) => verdict !== 'holds') ? 'bisect' : 'bracket';
}

/** Up by factors until something does not hold, or down until something does. */
function ramp({ steps }: SearchState, { start, max, growth }: SearchOptions): SearchAction {
  const last = steps.at(-1);
  const load =
    last === undefined
      ? Math.round(start)
      : last.verdict === 'holds'
        ? Math.max(last.load + 1, Math.round(last.load * strideOf(last, growth)))
        : Math.min(last.load - 1, Math.round(last.load / growth));
  return { kind: 'measure', load: Math.min(max, Math.max(1, load)), phase: 'bracket' };
}

/**
 * A bridge pushed far beyond its edge takes long to come back, so the ramp goes no further at once than what fills
 * the bridge, by its CPU. That is a guess of where to look, and decides nothing.
 */
function strideOf({ fullness }: SearchStep, growth: number): number {
  if (fullness == null || fullness <= 0) return growth;
  return Math.min(growth, Math.max(LEAST_STRIDE, 1 / fullness));
}

const LEAST_STRIDE = 1.13;

/** Between what held and what broke; null when the edge is narrow enough and seen from both sides. */
function closeIn(state: SearchState, options: SearchOptions): SearchAction | null {
  const { steps, belief } = state;
  const { resolution, max, growth } = options;
  const [low = 1, middle = 1, high = 1] = edgeQuantiles(belief, [
    (1 - CLOSED_SHARE) / 2,
    0.5,
    (1 + CLOSED_SHARE) / 2,
  ]);
  const highestHeld = Math.max(...steps.flatMap(({ load, verdict }) => (verdict === 'holds' ? [load] : [])));
  const allowed = (load: number) => Math.min(max, Math.max(1, load), Math.ceil(highestHeld * growth));
  // Loads are whole numbers: an edge between two neighbours cannot be told more closely.
  const under = allowed(Math.floor(low));
  const over = allowed(Math.ceil(high));
  if (over - under > Math.max(1, resolution * middle + 1)) {
    return { kind: 'measure', load: allowed(Math.round(middle)), phase: 'bisect' };
  }
  const reach = Math.max(1, 2 * resolution * middle);
  const holds = steps.filter(
    ({ load, verdict }) => verdict === 'holds' && load <= middle && load >= under - reach,
  );
  if (holds.length < CONFIRMED) return { kind: 'measure', load: under, phase: 'confirm-under' };
  const breaks = stepsJustOver(steps, state);
  if (breaks.length < CONFIRMED || isUndecided(breaks))
    return { kind: 'measure', load: over, phase: 'confirm-over' };
  // Where loads are far apart, a few answers still leave it possible that all on one side were hiccups.
  const { low: lowest, high: highest } = edgeOf(belief);
  if (highest > over * STRAY) return { kind: 'measure', load: over, phase: 'confirm-over' };
  if (lowest < under / STRAY) return { kind: 'measure', load: under, phase: 'confirm-under' };
  return null;
}

/** An edge may not still be possible so far beyond what was confirmed, as a factor. */
const STRAY = 1.25;

/** Of the steps that did not hold, those that tell what ended it: the nearest three above the edge. */
export function stepsJustOver<Step extends SearchStep>(
  steps: readonly Step[],
  { belief }: SearchState,
): Step[] {
  const [low = 0] = edgeQuantiles(belief, [0.025]);
  const over = steps.filter(({ verdict }) => verdict !== 'holds');
  const above = over.filter(({ load }) => load >= low);
  return (above.length === 0 ? over : above).toSorted((a, b) => a.load - b.load).slice(0, 3);
}

/** Whether a saturated generator, and not the bridge, is why steps did not hold. */
function isGenerators(over: readonly SearchStep[]): boolean {
  return 2 * countSaturated(over) >= over.length;
}

function isUndecided(over: readonly SearchStep[]): boolean {
  return 2 * countSaturated(over) === over.length;
}

function countSaturated(over: readonly SearchStep[]): number {
  return over.filter(({ verdict }) => verdict === 'saturated').length;
}
