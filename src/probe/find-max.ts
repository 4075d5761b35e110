import { isBlocked, judge, median } from './find-max-judge.ts';
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
const MAX_STEPS = 10;
/** Around what was delivered under overload: one trial that should pass, one that should not. */
const BELOW_GUESS = 0.985;
const ABOVE_GUESS = 1.02;
/** A host that is busy with other things disturbs trials now and then. */
const RETRIES = 2;

interface Outcome {
  trial: FindMaxTrial;
  result: ProbeResult;
}

/** What one repetition found. */
interface Found {
  /** null: no rate was within the bound. */
  pps: number | null;
  /** The sender gave out before the path did. */
  senderLimited: boolean;
  /** Delivered under overload, but this host was too busy to send at that rate evenly. */
  unconfirmed: boolean;
}

/**
 * The highest rate within the loss bound (RFC 2544, section 26.1: a search over fixed-rate trials), repeated.
 * Two things are added to RFC 2544. A trial also fails when packets arrive more slowly than they are sent, because
 * a deep queue passes a short trial at a rate that no long one would. And the search begins at what was delivered
 * while too much was offered, so that few trials are needed.
 */
export async function findMax(options: FindMaxOptions): Promise<ProbeResult> {
  const outcomes: Outcome[] = [];
  const founds: Found[] = [];
  for (let repetition = 1; repetition <= options.repetitions; repetition += 1) {
    founds.push(
      await repeatOnce(options, async (ratePps) => {
        const shape = ratePps === null ? options.shape : withRate(options.shape, ratePps);
        const result = await options.trial(shape);
        const trial = judge(result, repetition, ratePps, options.lossBoundRatio);
        const outcome = { trial, result };
        outcomes.push(outcome);
        options.onTrial?.(trial);
        return outcome;
      }),
    );
  }
  const passed = outcomes.filter(({ trial }) => trial.reason === null || trial.reason === 'sender-limited');
  const delivered = ({ trial }: Outcome) => trial.deliveredPacketRatePps;
  const base = (passed.length > 0 ? passed : outcomes).reduce((a, b) =>
    delivered(b) > delivered(a) ? b : a,
  );
  return withFindMax(base.result, summarise(outcomes, founds, options), founds);
}

type Run = (ratePps: number | null) => Promise<Outcome>;

async function repeatOnce(options: FindMaxOptions, run: Run): Promise<Found> {
  const first = await run(options.ceilingPps ?? unlimitedOf(options.shape));
  const { trial, result } = first;
  const delivered = trial.deliveredPacketRatePps;
  if (trial.reason !== 'loss' && trial.reason !== 'queue-growing')
    // The path carried all that could be offered, or all that the queue of this host let out.
    return { pps: delivered, senderLimited: !isBlocked(result), unconfirmed: false };
  // A receiver that drowned may deliver more when less is offered; a path cannot.
  const isReceiverLimited = (result.drops?.socketDrops ?? 0) > 0;
  const offered = trial.offeredPacketRatePps ?? delivered;
  const { pps, unconfirmed } = await search(
    delivered,
    isReceiverLimited ? offered : Math.min(offered, delivered * ABOVE_GUESS),
    run,
  );
  const capped = pps === null || isReceiverLimited ? pps : Math.min(pps, delivered);
  return { pps: capped, senderLimited: false, unconfirmed };
}

/** Bisection between the highest pass and `knownFail`, begun just below `guess`. */
async function search(
  guess: number,
  knownFail: number,
  run: Run,
): Promise<{ pps: number | null; unconfirmed: boolean }> {
  let low = 0;
  let high = knownFail;
  for (let step = 0; step < MAX_STEPS; step += 1) {
    const next = nextRate(guess, low, high);
    if (next === null) break;
    const reason = await verdictAt(next, guess, run);
    if (reason === null) low = next;
    else if (reason === 'sender-limited' && next <= guess && high >= guess)
      return { pps: guess, unconfirmed: true };
    else high = next;
  }
  return { pps: low === 0 ? null : low, unconfirmed: false };
}

/** Below what was delivered a failure is a surprise: the trial is repeated. A path that loses much is believed. */
async function verdictAt(ratePps: number, guess: number, run: Run): Promise<FindMaxTrial['reason']> {
  for (let attempt = 0; ; attempt += 1) {
    const { trial } = await run(ratePps);
    if (trial.passed || attempt === RETRIES || ratePps < guess * BELOW_GUESS * BELOW_GUESS)
      return trial.reason;
  }
}

function nextRate(guess: number, low: number, high: number): number | null {
  if (high - low <= RESOLUTION_RATIO * high) return null;
  const below = guess * BELOW_GUESS;
  const above = guess * ABOVE_GUESS;
  if (low < below && below < high) return below;
  if (low < above && above < high) return above;
  // A path that loses at every rate is not searched down to nothing.
  return high < guess / 100 ? null : (low + high) / 2;
}

function unlimitedOf(shape: TrafficShape): number | null {
  return shape.kind === 'constant' ? null : MAX_SHAPED_RATE_PPS;
}
/** Bursts need a rate to be bursts of; more than a thread can send. */
const MAX_SHAPED_RATE_PPS = 2_000_000;

function summarise(
  outcomes: readonly Outcome[],
  founds: readonly Found[],
  options: FindMaxOptions,
): FindMaxResult {
  const maxima = founds.flatMap(({ pps }) => pps ?? []);
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
    perRepetitionPps: maxima,
    senderLimited: founds.some(({ senderLimited }) => senderLimited),
    trials: outcomes.map(({ trial }) => trial),
  };
}

/** The document of the best trial, with the search in it and its answer as the estimate. */
function withFindMax(base: ProbeResult, found: FindMaxResult, founds: readonly Found[]): ProbeResult {
  // What the best trial warned of (an unlimited one never keeps up) is not about the search.
  const warnings: string[] = [];
  if (found.maxPacketRatePps === null)
    warnings.push(
      'no rate stayed within the loss bound: the path loses packets whatever is offered (see --loss-bound)',
    );
  if (found.senderLimited)
    warnings.push('the path carried everything that this sender could offer: it can carry at least this');
  if (founds.some(({ unconfirmed }) => unconfirmed))
    warnings.push(
      'this host was too busy to send evenly: the maximum is what was delivered while more was offered, not confirmed by a trial at that rate',
    );
  return {
    ...base,
    findMax: found,
    estimatedSessions: estimateSessions(found.maxThroughputBps, base.sessionBitrateBps),
    warnings,
  };
}
