import { evaluateGate } from '../../../src/gates/evaluate.ts';
import type { GateSpec } from '../../../src/gates/types.ts';
import { DistributionStore } from '../../../src/results/distribution-store.ts';
import { RunReader } from '../../../src/results/reader.ts';

/** One load of a linear ramp: held, and judged by itself. */
export interface Rung {
  load: number;
  packetRatePps: number;
  /** CPU that the bridge took for one packet, microseconds; null where it was too busy to tell. */
  cpuPerPacketUs: number | null;
  holds: boolean;
  /** What broke, with its value. */
  reason: string | null;
}

/** Loads from `low` to `high`, `share` of the middle apart. */
export function rungsBetween(low: number, high: number, share: number): number[] {
  const step = Math.max(1, Math.round(((low + high) / 2) * share));
  const count = Math.floor((high - low) / step) + 1;
  return Array.from({ length: count }, (_, n) => Math.round(low) + n * step);
}

/** The stages of a run that holds one load after the other; `fixed` participants are there beside it. */
export function rampStages(loads: readonly number[], fixed: number): string {
  return loads
    .flatMap((load) => [
      `{ kind: ramp, name: to-${load}, to: ${load + fixed}, rate: 20 }`,
      `{ kind: warm-up, name: settle-${load}, duration: 2s }`,
      `{ kind: hold, name: at-${load}, duration: 5s }`,
    ])
    .join(', ');
}

/** What a run with such stages showed, judged by `objective` and nothing of the search. */
export async function readRungs(
  folder: string,
  loads: readonly number[],
  objective: readonly GateSpec[],
): Promise<Rung[]> {
  const reader = await RunReader.open(folder);
  const store = new DistributionStore();
  await reader.distributions((record) => store.add(record));
  const samples = new Map<string, { packetRatePps: number; cpuRatio: number | null }[]>();
  let stage = '';
  await reader.timeline((record) => {
    if (record.type === 'stage-started') stage = record.stage;
    if (record.type === 'bridge') samples.set(stage, [...(samples.get(stage) ?? []), record.sample]);
  });
  return loads.flatMap((load) => {
    const window = { stage: `at-${load}` };
    const measured = samples.get(window.stage) ?? [];
    const told = measured.filter(({ cpuRatio }) => cpuRatio !== null);
    const sum = (of: (sample: (typeof measured)[number]) => number, over = measured) =>
      over.reduce((total, sample) => total + of(sample), 0);
    const results = objective.map((gate) => evaluateGate({ ...gate, window }, store));
    const failed = results.filter(({ outcome }) => outcome === 'failed');
    const isKnown = measured.length > 0 && results.some(({ outcome }) => outcome === 'passed');
    if (failed.length === 0 && !isKnown) return [];
    const reason = failed.map(({ expression, value }) => `${expression}: ${value}`).join('; ');
    return [
      {
        load,
        packetRatePps: sum(({ packetRatePps }) => packetRatePps) / measured.length,
        cpuPerPacketUs:
          told.length === 0
            ? null
            : (1e6 * sum(({ cpuRatio }) => cpuRatio ?? 0, told)) /
              sum(({ packetRatePps }) => packetRatePps, told),
        holds: failed.length === 0,
        reason: reason === '' ? null : reason,
      },
    ];
  });
}

/**
 * The rungs, told and ordered as if a packet had cost the same in all of them: the host's cores are not equally fast
 * from one minute to the next, and a search and a ramp are compared that do not run at the same time.
 */
export function atSpeed(rungs: readonly Rung[], cpuPerPacketUs: number): Rung[] {
  return rungs
    .map((rung) => {
      const slowness = (rung.cpuPerPacketUs ?? cpuPerPacketUs) / cpuPerPacketUs;
      return { ...rung, load: rung.load * slowness, packetRatePps: rung.packetRatePps * slowness };
    })
    .toSorted((a, b) => a.load - b.load);
}

/** Two edges that as many rungs speak for may be this far apart, as a share, and still tell the truth to what is asked. */
const UNDECIDED = 0.05;

/**
 * The packet rate between the last rung that held and the first that broke: the edge against which the fewest rungs
 * speak, so that one out of line is forgiven. Rates beyond it are drawn on from the last that held, for there
 * throughput falls. null where as few or fewer speak for an edge below or above all rungs, for then it is not among
 * them, or for edges far from each other.
 */
export function edgeOfRungs(rungs: readonly Rung[]): { low: number; high: number } | null {
  const against = (edge: number) => rungs.filter(({ holds }, i) => holds !== i < edge).length;
  const within = rungs.slice(1).map((_, i) => i + 1);
  const fewest = Math.min(...within.map(against));
  if (fewest >= Math.min(against(0), against(rungs.length))) return null;
  const likely = within.filter((edge) => against(edge) === fewest);
  const [first = 0, last = 0] = [likely.at(0), likely.at(-1)];
  const [under, over, lastUnder] = [rungs[first - 1], rungs[last], rungs[last - 1]];
  if (under === undefined || over === undefined || lastUnder === undefined) return null;
  if (lastUnder.load / under.load - 1 > UNDECIDED) return null;
  const { packetRatePps: low } = under;
  return { low, high: (low * over.load) / under.load };
}
