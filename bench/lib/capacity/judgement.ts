import type { CapacityFile } from '../../../src/capacity/capacity-file.ts';

/** A calibration held against a capacity that it was not told. */
export interface Judgement {
  /** What was made to be, for people. */
  bridge: string;
  truthPps: number | null;
  maxPacketRatePps: number | null;
  interval: CapacityFile['interval'];
  errorRatio: number | null;
  /** The truth is in the interval. */
  covered: boolean;
  limitedBy: CapacityFile['limitedBy'];
  spreadRatio: number | null;
  durationMs: number;
  linearRampMs: number;
  timeRatio: number | null;
  met: boolean;
}

export function judge(
  bridge: string,
  truthPps: number | null,
  { maxPacketRatePps, interval, limitedBy, search, spreadRatio, repeats }: CapacityFile,
  expected: CapacityFile['limitedBy'],
): Judgement {
  const errorRatio = maxPacketRatePps === null || truthPps === null ? null : maxPacketRatePps / truthPps - 1;
  const covered =
    interval !== null && truthPps !== null && interval.low <= truthPps && truthPps <= interval.high;
  const timeRatio = search.linearRampMs === 0 ? null : search.durationMs / search.linearRampMs;
  const met =
    errorRatio !== null &&
    Math.abs(errorRatio) <= 0.05 &&
    covered &&
    limitedBy === expected &&
    timeRatio !== null &&
    // A single search has none before it to begin from.
    (timeRatio <= 1 / 3 || repeats.length === 1);
  const { durationMs, linearRampMs } = search;
  return {
    ...{ bridge, truthPps, maxPacketRatePps, interval, errorRatio, covered, limitedBy, spreadRatio },
    ...{ durationMs, linearRampMs, timeRatio, met },
  };
}

export function lineOf(judgement: Judgement): string {
  const {
    bridge,
    truthPps,
    maxPacketRatePps,
    interval,
    errorRatio,
    limitedBy,
    durationMs,
    linearRampMs,
    met,
  } = judgement;
  const rate = (pps: number | null | undefined) => (pps == null ? 'none' : String(Math.round(pps)));
  const percent = (ratio: number | null) => (ratio === null ? '–' : `${(ratio * 100).toFixed(1)} %`);
  return [
    met ? 'ok  ' : 'MISS',
    bridge,
    `truth ${rate(truthPps)}`,
    `found ${rate(maxPacketRatePps)} (${rate(interval?.low)} to ${rate(interval?.high)})`,
    `off by ${percent(errorRatio)}`,
    `spread ${percent(judgement.spreadRatio)}`,
    `ended by ${limitedBy}`,
    `${Math.round(durationMs / 1000)} s, linear ramp ${Math.round(linearRampMs / 1000)} s`,
  ].join('  ');
}
