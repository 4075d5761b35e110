import { median, mostCommon, studentFactor95, varianceOf } from '../stats/sample.ts';
import { type CalibrationStep, type RepeatResult, ratesOfHeld } from './calibrate.ts';
import type { Limit } from './capacity-file.ts';
import { afterAnswer, beginBelief, type Edge, edgeOf, isAtEdge } from './edge-belief.ts';
import { atEqualSpeed, type EqualSpeed } from './equal-speed.ts';
import { rateAt } from './rate-at.ts';
import type { SearchOptions } from './search.ts';

export interface CalibrationSummary {
  /**
   * Median over the repeats of the packet rate at the edge, at equal speed of the cores where that is known; null: no
   * capacity was found.
   */
  maxPacketRatePps: number | null;
  interval: { low: number; high: number; confidence: number } | null;
  /** (highest - lowest) / median of the repeats as they were found. */
  spreadRatio: number | null;
  /** The same, had the host's cores been equally fast all the time; null where that is not known. */
  equalSpeed: { cpuPerPacketUs: number; spreadRatio: number } | null;
  limitedBy: Limit;
  perParticipant: { packetRatePps: number; bridgeCpuRatio: number | null } | null;
  perConsumer: { packetRatePps: number; bridgeCpuRatio: number | null } | null;
  /** How long the searches took, and how long a linear ramp of the same resolution would have. */
  durationMs: number;
  linearRampMs: number;
  /** Why there is no capacity; null when there is one. */
  problem: string | null;
}

/**
 * One answer from the repeats. Every repeat must have found its edge: a generator that saturated in one of three is
 * no ground for a number. The value is the median of the repeats, told as at equal speed of the cores where CPU ended
 * them all (`atEqualSpeed`). The interval holds what all steps of all repeats together leave possible (95 %), Student's
 * interval of what repeats differ beyond their own uncertainty (a random effect, by DerSimonian and Laird 1986), the
 * speeds that the cores had in the steps near the edge, and half a resolution on each side for the noise of the rates.
 */
export function summariseRepeats(
  repeats: readonly RepeatResult[],
  { max, resolution }: Pick<SearchOptions, 'max' | 'resolution'>,
): CalibrationSummary {
  const found = repeats.filter((repeat) => repeat.end === 'found' && repeat.packetRatePps !== null);
  const durationMs = repeats.reduce((sum, repeat) => sum + repeat.durationMs, 0);
  const linearRampMs = repeats.reduce((sum, repeat) => sum + linearRampOf(repeat, resolution), 0);
  const open = repeats.find((repeat) => !found.includes(repeat));
  const steps = repeats.flatMap((repeat) => repeat.steps);
  const asFound = found.map((repeat) => repeat.packetRatePps ?? 0);
  const equal = atEqualSpeed(found, { max, resolution });
  const middle = median(equal?.packetRatesPps ?? asFound);
  if (open !== undefined || middle === null) {
    return {
      maxPacketRatePps: null,
      interval: null,
      spreadRatio: null,
      equalSpeed: null,
      limitedBy: open?.limitedBy ?? 'unknown',
      perParticipant: null,
      perConsumer: null,
      durationMs,
      linearRampMs,
      problem: describeEnd(open),
    };
  }
  const edge = edgeOfAll(steps, max, resolution);
  const atEdge = steps.filter((step) => step.verdict === 'holds' && isAtEdge(step.load, edge));
  return {
    maxPacketRatePps: middle,
    interval: { ...intervalOf(middle, found, edge, equal, resolution), confidence: 0.95 },
    spreadRatio: spreadOf(asFound),
    equalSpeed:
      equal === null
        ? null
        : { cpuPerPacketUs: equal.cpuPerPacketUs, spreadRatio: spreadOf(equal.packetRatesPps) },
    limitedBy: mostCommon(found.map((repeat) => repeat.limitedBy)) ?? 'unknown',
    perParticipant: costPer(atEdge, (step) => step.participants),
    perConsumer: costPer(atEdge, (step) => step.consumers),
    durationMs,
    linearRampMs,
    problem: null,
  };
}

function spreadOf(rates: readonly number[]): number {
  return (Math.max(...rates) - Math.min(...rates)) / (median(rates) || 1);
}

/** What the steps of all repeats tell of the edge, as if one bridge had been asked. */
function edgeOfAll(steps: readonly CalibrationStep[], max: number, resolution: number): Edge {
  const belief = steps.reduce(
    (before, step) => afterAnswer(before, step.load, step.verdict === 'holds'),
    beginBelief(max, resolution),
  );
  return edgeOf(belief);
}

function intervalOf(
  middle: number,
  repeats: readonly RepeatResult[],
  edge: Edge,
  equal: EqualSpeed | null,
  resolution: number,
): { low: number; high: number } {
  const held = ratesOfHeld(repeats.flatMap(({ steps }) => steps));
  const between = betweenRepeats(repeats);
  const speed = equal === null ? null : { usual: equal.cpuPerPacketUs, ...equal.cpuPerPacketRangeUs };
  const atSlowest = speed === null ? middle : (middle * speed.usual) / speed.high;
  const atFastest = speed === null ? middle : (middle * speed.usual) / speed.low;
  const low = Math.min(rateAt(edge.low, held) ?? middle, middle - between, atSlowest);
  const high = Math.max(rateAt(edge.high, held) ?? middle, middle + between, atFastest);
  return { low: low * (1 - resolution / 2), high: high * (1 + resolution / 2) };
}

/** Half the width of the interval that comes from bridges being unlike each other, as far as noise does not explain it. */
function betweenRepeats(repeats: readonly RepeatResult[]): number {
  const variance = varianceOf(repeats.map(({ packetRatePps }) => packetRatePps ?? 0)) ?? 0;
  const own = repeats.map(({ interval }) => (interval === null ? 0 : (interval.high - interval.low) / 3.92));
  const ownVariance = own.reduce((sum, deviation) => sum + deviation ** 2, 0) / own.length;
  const excess = Math.max(0, variance - ownVariance);
  return (studentFactor95(repeats.length) ?? 0) * Math.sqrt(excess / repeats.length);
}

/** From nothing to the edge in steps as close together as was asked for, each as long as the shortest one taken. */
function linearRampOf({ edge, steps }: RepeatResult, resolution: number): number {
  if (edge === null || steps.length === 0) return 0;
  const stepMs = Math.min(...steps.map(({ durationMs }) => durationMs));
  return Math.ceil(edge.middle / Math.max(1, resolution * edge.middle)) * stepMs;
}

function costPer(
  steps: readonly CalibrationStep[],
  of: (step: CalibrationStep) => number | null,
): { packetRatePps: number; bridgeCpuRatio: number | null } | null {
  const usable = steps.filter((step) => (of(step) ?? 0) > 0 && step.packetRatePps !== null);
  const count = usable.reduce((sum, step) => sum + (of(step) ?? 0), 0);
  if (count === 0) return null;
  const cpu = usable.flatMap((step) => step.bridgeCpuRatio ?? []);
  return {
    packetRatePps: usable.reduce((sum, step) => sum + (step.packetRatePps ?? 0), 0) / count,
    bridgeCpuRatio: cpu.length < usable.length ? null : cpu.reduce((sum, value) => sum + value, 0) / count,
  };
}

function describeEnd(repeat: RepeatResult | undefined): string {
  const told = repeat?.steps.findLast((step) => step.reason !== null)?.reason ?? null;
  const because = told === null ? '' : `: ${told}`;
  switch (repeat?.end) {
    case 'generator-saturated':
      return `the generator was at its end before the bridge${because}`;
    case 'bound-reached':
      return 'the highest load that was allowed still held: allow more';
    case 'nothing-holds':
      return `not even the least load held${because}`;
    case 'gave-up':
      return `the steps allowed were not enough${because}`;
    default:
      return 'no packet rate was measured';
  }
}
