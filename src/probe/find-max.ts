import { BLOCKED_RATIO } from './builtin/prober.ts';
import { estimateSessions, IP_UDP_HEADER_BYTES } from './sessions.ts';
import { meanPacketBytes, type TrafficShape, withRate } from './shapes.ts';
import type { FindMaxResult, FindMaxTrial, ProbeResult } from './types.ts';

export interface FindMaxOptions {
  shape: TrafficShape;
  /** Loss up to this is a pass, 0 to 1; RFC 2544 asks for 0. */
  lossBoundRatio: number;
  repetitions: number;
  trialDurationMs: number;
  /** Never offer more; null: start from what the sender can do. */
  ceilingPps: number | null;
  /** Measures once at that shape. */
  trial: (shape: TrafficShape) => Promise<ProbeResult>;
  onTrial?: (trial: FindMaxTrial) => void;
}

/** The search ends when pass and fail are this close. */
const RESOLUTION_RATIO = 0.015;
const MAX_TRIALS_PER_REPETITION = 10;
/** Delivered slower than offered by more than this: a queue grows and only hides the loss until it is full. */
const QUEUE_GROWTH_RATIO = 0.01;
const KEPT_UP_RATIO = 0.98;
/** Around the guess: one trial that should pass, one that should not. */
const BELOW_GUESS = 0.985;
const ABOVE_GUESS = 1.02;

export class NoDelivery extends Error {}

/**
 * The highest rate within the loss bound (RFC 2544, section 26.1: a search over fixed-rate trials), repeated.
 * Two things are added to RFC 2544. A trial also fails when packets arrive more slowly than they are sent, because
 * a deep queue passes a short trial at a rate that no long one would. And the first guess is what was delivered
 * while too much was offered, so that few trials are needed.
 */
export async function findMax(options: FindMaxOptions): Promise<ProbeResult> {
  const trials: FindMaxTrial[] = [];
  const maxima: number[] = [];
  let best: { result: ProbeResult; pps: number } | null = null;
  let senderLimited = false;
  let last: ProbeResult | null = null;

  const run = async (repetition: number, ratePps: number | null): Promise<FindMaxTrial> => {
    const shape = ratePps === null ? options.shape : withRate(options.shape, ratePps);
    last = await options.trial(shape);
    const trial = judge(last, repetition, ratePps, options.lossBoundRatio);
    trials.push(trial);
    options.onTrial?.(trial);
    const isWithinLoss = trial.reason === null || trial.reason === 'sender-limited';
    if (isWithinLoss && (best === null || trial.deliveredPacketRatePps > best.pps))
      best = { result: last, pps: trial.deliveredPacketRatePps };
    return trial;
  };

  for (let repetition = 1; repetition <= options.repetitions; repetition += 1) {
    const start =
      repetition === 1 ? await run(repetition, options.ceilingPps ?? unlimitedOf(options.shape)) : null;
    const guess = start?.deliveredPacketRatePps ?? maxima.at(-1) ?? trials[0]?.deliveredPacketRatePps ?? 0;
    if (start !== null && start.reason !== 'loss' && start.reason !== 'queue-growing') {
      // The path carried all that could be offered.
      senderLimited = !isBlocked(last);
      for (let i = 2; i <= options.repetitions; i += 1) {
        const again = await run(i, options.ceilingPps ?? unlimitedOf(options.shape));
        senderLimited &&= !isBlocked(last);
        maxima.push(again.deliveredPacketRatePps);
      }
      maxima.push(start.deliveredPacketRatePps);
      break;
    }
    const found = await search(guess, (rate) => run(repetition, rate), start?.offeredPacketRatePps ?? null);
    if (found !== null) maxima.push(found);
  }
  const base = (best as { result: ProbeResult } | null)?.result ?? (last as ProbeResult | null);
  if (base === null) throw new NoDelivery('no trial was run');
  return withFindMax(base, summarise(trials, maxima, senderLimited, options));
}

/** Bisection between the highest pass and the lowest fail, begun close to `guess`. Null: nothing passed. */
async function search(
  guess: number,
  run: (ratePps: number) => Promise<FindMaxTrial>,
  knownFail: number | null,
): Promise<number | null> {
  let low = 0;
  let high = knownFail ?? Number.POSITIVE_INFINITY;
  let lowDelivered: number | null = null;
  for (let n = 0; n < MAX_TRIALS_PER_REPETITION; n += 1) {
    const next = nextRate(guess, low, high);
    if (next === null) break;
    const trial = await run(next);
    if (trial.passed || trial.reason === 'sender-limited') {
      low = trial.reason === 'sender-limited' ? Math.max(low, trial.deliveredPacketRatePps) : next;
      lowDelivered = Math.max(lowDelivered ?? 0, trial.deliveredPacketRatePps);
      if (trial.reason === 'sender-limited') high = Math.min(high, next);
    } else high = next;
  }
  return lowDelivered;
}

function nextRate(guess: number, low: number, high: number): number | null {
  if (Number.isFinite(high) && high - low <= RESOLUTION_RATIO * high) return null;
  const below = guess * BELOW_GUESS;
  const above = guess * ABOVE_GUESS;
  if (low < below && below < high) return below;
  if (low < above && above < high) return above;
  if (high === Number.POSITIVE_INFINITY) return low * 1.5;
  // A path that loses at every rate is not searched down to nothing.
  return high < guess / 100 ? null : (low + high) / 2;
}

function unlimitedOf(shape: TrafficShape): number | null {
  return shape.kind === 'constant' ? null : MAX_SHAPED_RATE_PPS;
}
/** Bursts need a rate to be bursts of; more than a thread can send. */
const MAX_SHAPED_RATE_PPS = 2_000_000;

export function judge(
  result: ProbeResult,
  repetition: number,
  ratePps: number | null,
  lossBoundRatio: number,
): FindMaxTrial {
  const { total } = result;
  const delivered =
    (ratePps === null || isBlocked(result) ? sustainedRate(result) : null) ?? total.packetRatePps ?? 0;
  const offered = total.offeredPacketRatePps ?? 0;
  const lossRatio = total.lossRatio ?? 1;
  const reason =
    lossRatio > lossBoundRatio
      ? 'loss'
      : delivered < offered * (1 - lossBoundRatio - QUEUE_GROWTH_RATIO)
        ? 'queue-growing'
        : ratePps !== null && offered < ratePps * KEPT_UP_RATIO
          ? 'sender-limited'
          : null;
  return {
    repetition,
    offeredPacketRatePps: ratePps ?? offered,
    deliveredPacketRatePps: delivered,
    throughputBps: total.throughputBps ?? 0,
    lossRatio,
    passed: reason === null,
    reason,
  };
}

/** Below this many intervals a median of them says little. */
const MIN_INTERVALS = 8;

/**
 * Delivered rate while more was waiting than could leave: the median over short intervals, which a moment without
 * CPU at either end does not move as it moves the mean.
 */
function sustainedRate({ intervals }: ProbeResult): number | null {
  const rates = intervals.flatMap(({ packetRatePps }) => packetRatePps ?? []);
  return rates.length < MIN_INTERVALS ? null : median(rates);
}

function isBlocked(result: ProbeResult | null): boolean {
  return (result?.senderBlockedRatio ?? 0) > BLOCKED_RATIO;
}

export function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle];
  if (upper === undefined) return null;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}

function summarise(
  trials: FindMaxTrial[],
  maxima: readonly number[],
  senderLimited: boolean,
  options: FindMaxOptions,
): FindMaxResult {
  const maxPacketRatePps = median(maxima);
  const bytes = meanPacketBytes(options.shape);
  const bitrate = (perPacket: number) =>
    maxPacketRatePps === null ? null : maxPacketRatePps * perPacket * 8;
  return {
    lossBoundRatio: options.lossBoundRatio,
    repetitions: options.repetitions,
    trialDurationMs: options.trialDurationMs,
    maxPacketRatePps,
    maxThroughputBps: bitrate(bytes),
    maxIpBitrateBps: bitrate(bytes + IP_UDP_HEADER_BYTES),
    spreadRatio:
      maxPacketRatePps === null || maxPacketRatePps === 0 || maxima.length < 2
        ? null
        : (Math.max(...maxima) - Math.min(...maxima)) / maxPacketRatePps,
    perRepetitionPps: [...maxima],
    senderLimited,
    trials,
  };
}

/** The document of the best trial, with the search in it and its answer as the estimate. */
function withFindMax(base: ProbeResult, found: FindMaxResult): ProbeResult {
  // What the best trial warned of (an unlimited one never keeps up) is not about the search.
  const warnings: string[] = [];
  if (found.maxPacketRatePps === null)
    warnings.push(
      'no rate stayed within the loss bound: the path loses packets whatever is offered (see --loss-bound)',
    );
  if (found.senderLimited)
    warnings.push('the path carried everything that this sender could offer: it can carry at least this');
  return {
    ...base,
    findMax: found,
    estimatedSessions: estimateSessions(found.maxThroughputBps, base.sessionBitrateBps),
    warnings,
  };
}
