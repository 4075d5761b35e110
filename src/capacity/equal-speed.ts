import { median } from '../stats/sample.ts';
import { type CalibrationStep, packetCostUs, type RepeatResult, ratesOfHeld } from './calibrate.ts';
import { afterAnswer, beginBelief, edgeOf } from './edge-belief.ts';
import { rateAt } from './rate-at.ts';
import type { SearchOptions } from './search.ts';

/** As a share of the edge. */
const NEAR = 0.25;

/** What repeats come to when all steps are told as on cores of one speed. */
export interface EqualSpeed {
  /** CPU that the bridge takes for one packet at that speed, microseconds: the median of the repeats. */
  cpuPerPacketUs: number;
  /** The least and the most that a packet cost in a step near the edge. */
  cpuPerPacketRangeUs: { low: number; high: number };
  /** Of each repeat, at its edge. */
  packetRatesPps: number[];
}

/**
 * A bridge that breaks for want of CPU breaks at a share of its core, and how many packets that is depends on how fast
 * the core is at the time (frequency, neighbours of a virtual machine), which no search has in its hands. Every step
 * tells what a packet cost in it, so a step at load L that cost c stands for load L × c / m at the median cost m: a
 * control variate (Lavenberg and Welch 1981). What then is left between repeats is the bridge's and the search's own.
 * null where something else than CPU ended a repeat, or where it is not known what packets cost.
 */
export function atEqualSpeed(
  repeats: readonly RepeatResult[],
  { max, resolution }: Pick<SearchOptions, 'max' | 'resolution'>,
): EqualSpeed | null {
  const costs = repeats.flatMap((repeat) => repeat.cpuPerPacketUs ?? []);
  const cpuPerPacketUs = median(costs);
  const isCpu = repeats.every(({ limitedBy }) => limitedBy === 'bridge-cpu');
  if (!isCpu || cpuPerPacketUs === null || costs.length < repeats.length) return null;
  const steps = repeats.flatMap((repeat) => repeat.steps);
  const held = ratesOfHeld(steps);
  const packetRatesPps: number[] = [];
  let around: number | null = null;
  for (const repeat of repeats) {
    let belief = beginBelief(max, resolution, around);
    for (const step of repeat.steps) {
      // A bridge that was too busy to tell its CPU says all the same that this was too much.
      const slowness = (packetCostUs(step) ?? cpuPerPacketUs) / cpuPerPacketUs;
      belief = afterAnswer(belief, step.load * slowness, step.verdict === 'holds');
    }
    around = edgeOf(belief).middle;
    const rate = rateAt(around, held);
    if (rate !== null) packetRatesPps.push(rate);
  }
  if (packetRatesPps.length < repeats.length) return null;
  const edge = median(repeats.flatMap((repeat) => repeat.edge?.middle ?? [])) ?? 0;
  return { cpuPerPacketUs, cpuPerPacketRangeUs: rangeNear(edge, steps, cpuPerPacketUs), packetRatesPps };
}

/** What packets cost at loads like that of the edge; at others they may cost something else at any speed. */
function rangeNear(
  edge: number,
  steps: readonly CalibrationStep[],
  usualUs: number,
): { low: number; high: number } {
  const costs = steps.flatMap((step) =>
    Math.abs(Math.log(step.load / edge)) < NEAR ? (packetCostUs(step) ?? []) : [],
  );
  return { low: Math.min(usualUs, ...costs), high: Math.max(usualUs, ...costs) };
}
