import { BLOCKED_RATIO } from './builtin/prober.ts';
import type { FindMaxTrial, ProbeResult } from './types.ts';

/** Delivered slower than offered by more than this: a queue grows and only hides the loss until it is full. */
const QUEUE_GROWTH_RATIO = 0.01;
const KEPT_UP_RATIO = 0.98;
/** Below this many intervals a median of them says little. */
const MIN_INTERVALS = 8;

/** Whether one trial was within the bound; `ratePps` null: as fast as the sender could. */
export function judge(
  result: ProbeResult,
  repetition: number,
  ratePps: number | null,
  lossBoundRatio: number,
): FindMaxTrial {
  const { total } = result;
  const mean = total.packetRatePps ?? 0;
  const offered = total.offeredPacketRatePps ?? 0;
  const lossRatio = total.lossRatio ?? 1;
  // What went through an overloaded path; of a trial within its capacity the mean is the figure.
  const isOverload = ratePps === null || isBlocked(result) || lossRatio > lossBoundRatio;
  const sustained = sustainedRate(result);
  const wasHeldUp =
    ratePps !== null && offered < ratePps * KEPT_UP_RATIO && (sustained ?? mean) < ratePps * KEPT_UP_RATIO;
  const reason =
    lossRatio > lossBoundRatio
      ? 'loss'
      : mean < offered * (1 - lossBoundRatio - QUEUE_GROWTH_RATIO)
        ? 'queue-growing'
        : wasHeldUp
          ? 'sender-limited'
          : null;
  return {
    repetition,
    offeredPacketRatePps: ratePps ?? offered,
    deliveredPacketRatePps: (isOverload ? sustained : null) ?? mean,
    throughputBps: total.throughputBps ?? 0,
    lossRatio,
    passed: reason === null,
    reason,
  };
}

/**
 * Delivered rate while more was waiting than could leave: the median over short intervals, which a moment without
 * CPU at either end does not move as it moves the mean.
 */
function sustainedRate({ intervals }: ProbeResult): number | null {
  const rates = intervals.flatMap(({ packetRatePps }) => packetRatePps ?? []);
  return rates.length < MIN_INTERVALS ? null : median(rates);
}

/** The queue of this host, not its CPU, held the sender up. */
export function isBlocked(result: ProbeResult): boolean {
  return (result.senderBlockedRatio ?? 0) > BLOCKED_RATIO;
}

export function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle];
  if (upper === undefined) return null;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}
