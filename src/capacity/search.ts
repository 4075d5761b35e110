/**
 * The search for the highest load that still holds, as a state machine without clock or I/O: ramp up by factors
 * until something breaks, halve what lies between, then confirm just under and just over. Past the knee an SFU's
 * throughput falls and retransmissions feed the fall, so after every break it is let drain before the next step.
 */
export interface SearchOptions {
  /** The first load, in units of what is varied (participants, rooms, …). */
  start: number;
  /** Never beyond. */
  max: number;
  /** Each step of the ramp over the one before. Default 2. */
  growth: number;
  /** Where to stop: the gap between what holds and what breaks over what holds. Default 0.02. */
  resolution: number;
  /** Steps at most, so that noise cannot keep it going. Default 40. */
  maxSteps: number;
}

export const SEARCH_DEFAULTS = { growth: 2, resolution: 0.02, maxSteps: 40 } as const;

export type SearchPhase = 'bracket' | 'bisect' | 'confirm-under' | 'confirm-over';

/** `saturated`: the generator was the bottleneck, so the step tells nothing about the bridge. */
export type StepVerdict = 'holds' | 'breaks' | 'saturated';

export type SearchEnd =
  /** Bracketed to the resolution and confirmed on both sides. */
  | 'found'
  /** `max` holds. */
  | 'bound-reached'
  /** Beyond what holds, the generator cannot go. */
  | 'generator-saturated'
  /** Not even the least load holds. */
  | 'nothing-holds'
  /** `maxSteps` were not enough. */
  | 'gave-up';

export type SearchAction =
  | { kind: 'measure'; load: number; phase: SearchPhase }
  | { kind: 'drain' }
  | { kind: 'done'; end: SearchEnd };

export interface SearchState {
  /** Highest load known to hold, below `over`; null while none is known. */
  under: number | null;
  /** Lowest load known not to hold; null while none is known. */
  over: number | null;
  overVerdict: 'breaks' | 'saturated';
  /** Times that `under` and `over` were seen to be so. */
  seenUnder: number;
  seenOver: number;
  /** Factor of the next step while one side is unknown. */
  stride: number;
  drain: boolean;
  steps: number;
}

/** A side counts as confirmed when it was seen this often. */
const CONFIRMED = 2;

export function beginSearch(options: SearchOptions): SearchState {
  return {
    under: null,
    over: null,
    overVerdict: 'breaks',
    seenUnder: 0,
    seenOver: 0,
    stride: options.growth,
    drain: false,
    steps: 0,
  };
}

/** What to do next. Loads are whole numbers from 1 to `max`. */
export function nextAction(state: SearchState, options: SearchOptions): SearchAction {
  const { under, over } = state;
  if (state.drain) return { kind: 'drain' };
  if (over === null && under !== null && under >= options.max) return { kind: 'done', end: 'bound-reached' };
  if (under === null && over !== null && over <= 1) return { kind: 'done', end: 'nothing-holds' };
  const closed = under !== null && over !== null && isClosed(under, over, options);
  if (closed && isConfirmed(state)) {
    return { kind: 'done', end: state.overVerdict === 'saturated' ? 'generator-saturated' : 'found' };
  }
  if (state.steps >= options.maxSteps) return { kind: 'done', end: 'gave-up' };
  if (under !== null && over !== null) {
    if (!closed) return { kind: 'measure', load: middle(under, over), phase: 'bisect' };
    return state.seenUnder < CONFIRMED
      ? { kind: 'measure', load: under, phase: 'confirm-under' }
      : { kind: 'measure', load: over, phase: 'confirm-over' };
  }
  return { kind: 'measure', load: rampLoad(state, options), phase: 'bracket' };
}

/** The state after a step at `load` was found to be so. */
export function afterStep(
  state: SearchState,
  load: number,
  verdict: StepVerdict,
  options: SearchOptions,
): SearchState {
  const next = { ...state, steps: state.steps + 1, drain: verdict !== 'holds' };
  if (verdict === 'holds') {
    const isAgain = load === state.under;
    next.under = load;
    next.seenUnder = isAgain ? state.seenUnder + 1 : 1;
    // What was seen to break holds now: the edge is higher, so go on upwards, in small strides first.
    if (state.over !== null && load >= state.over) {
      next.over = null;
      next.seenOver = 0;
      next.stride = smallStride(options);
    } else if (state.over === null && state.under !== null) next.stride = widen(state.stride, options);
    return next;
  }
  next.seenOver = load === state.over && verdict === state.overVerdict ? state.seenOver + 1 : 1;
  next.over = load;
  next.overVerdict = verdict;
  if (state.under !== null && load <= state.under) {
    next.under = null;
    next.seenUnder = 0;
    next.stride = smallStride(options);
  } else if (state.under === null && state.over !== null) next.stride = widen(state.stride, options);
  return next;
}

export function afterDrain(state: SearchState): SearchState {
  return { ...state, drain: false };
}

function rampLoad({ under, over, stride }: SearchState, { start, max }: SearchOptions): number {
  if (under !== null) return Math.min(max, Math.max(under + 1, Math.round(under * stride)));
  if (over !== null) return Math.max(1, Math.min(over - 1, Math.round(over / stride)));
  return Math.min(max, Math.max(1, Math.round(start)));
}

function isClosed(under: number, over: number, { resolution }: SearchOptions): boolean {
  return over - under <= Math.max(1, resolution * under);
}

/** Also where the generator saturated: one hiccup of the host must not end a search without a capacity. */
function isConfirmed({ seenUnder, seenOver }: SearchState): boolean {
  return seenUnder >= CONFIRMED && seenOver >= CONFIRMED;
}

function middle(under: number, over: number): number {
  return Math.min(over - 1, Math.max(under + 1, Math.round((under + over) / 2)));
}

function smallStride({ resolution }: SearchOptions): number {
  return 1 + 2 * resolution;
}

/** A stride that found nothing is doubled, up to the growth of the ramp. */
function widen(stride: number, { growth }: SearchOptions): number {
  return Math.min(growth, 1 + 2 * (stride - 1));
}
