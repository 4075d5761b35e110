import { confidenceHalfWidth95, median } from '../stats/sample.ts';
import type { CalibrationStep, RepeatResult } from './calibrate.ts';
import type { Limit } from './capacity-file.ts';

export interface CalibrationSummary {
  /** Median over the repeats of the packet rate at the highest load that held; null: no capacity was found. */
  maxPacketRatePps: number | null;
  interval: { low: number; high: number; confidence: number } | null;
  /** (highest - lowest) / median. */
  spreadRatio: number | null;
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
 * no ground for a number. The interval has room for both kinds of doubt: between what held and what broke (the
 * resolution, and half of it again on each side for the noise of the rates), and between repeats (Student's t).
 */
export function summariseRepeats(repeats: readonly RepeatResult[], resolution: number): CalibrationSummary {
  const found = repeats.filter((repeat) => repeat.end === 'found' && repeat.packetRatePps !== null);
  const durationMs = repeats.reduce((sum, repeat) => sum + repeat.durationMs, 0);
  const linearRampMs = repeats.reduce((sum, repeat) => sum + linearRampOf(repeat, resolution), 0);
  const open = repeats.find((repeat) => !found.includes(repeat));
  if (open !== undefined || found.length === 0) {
    return {
      maxPacketRatePps: null,
      interval: null,
      spreadRatio: null,
      limitedBy: open?.limitedBy ?? 'unknown',
      perParticipant: null,
      perConsumer: null,
      durationMs,
      linearRampMs,
      problem: describeEnd(open),
    };
  }
  const rates = found.map((repeat) => repeat.packetRatePps ?? 0);
  const middle = median(rates) ?? 0;
  const steps = found.flatMap((repeat) =>
    repeat.steps.filter((step) => step.load === repeat.under && step.verdict === 'holds'),
  );
  return {
    maxPacketRatePps: middle,
    interval: { ...intervalOf(found, rates, resolution), confidence: 0.95 },
    spreadRatio: middle === 0 ? null : (Math.max(...rates) - Math.min(...rates)) / middle,
    limitedBy: mostCommon(found.map((repeat) => repeat.limitedBy)),
    perParticipant: costPer(steps, (step) => step.participants),
    perConsumer: costPer(steps, (step) => step.consumers),
    durationMs,
    linearRampMs,
    problem: null,
  };
}

function intervalOf(
  repeats: readonly RepeatResult[],
  rates: readonly number[],
  resolution: number,
): { low: number; high: number } {
  // Beyond the edge throughput falls, so what broke is told by its load and not by its own packet rate.
  const broken = repeats.map(
    ({ under, over, packetRatePps }) => ((packetRatePps ?? 0) * (over ?? 0)) / (under ?? 1),
  );
  const mean = rates.reduce((sum, rate) => sum + rate, 0) / rates.length;
  const halfWidth = confidenceHalfWidth95(rates) ?? 0;
  return {
    low: Math.min(...rates, mean - halfWidth) * (1 - resolution / 2),
    high: Math.max(...broken, mean + halfWidth) * (1 + resolution / 2),
  };
}

/** From nothing to the first load that broke, in steps of the same resolution and the same length. */
function linearRampOf({ under, over, steps }: RepeatResult, resolution: number): number {
  if (under === null || steps.length === 0) return 0;
  const stepMs = steps.reduce((sum, step) => sum + step.durationMs, 0) / steps.length;
  return Math.ceil((over ?? under) / Math.max(1, resolution * under)) * stepMs;
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

function mostCommon(limits: readonly Limit[]): Limit {
  const counts = [...Map.groupBy(limits, (limit) => limit)].toSorted(([, a], [, b]) => b.length - a.length);
  return counts[0]?.[0] ?? 'unknown';
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
