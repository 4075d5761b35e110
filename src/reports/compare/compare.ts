import { ExitCode } from '../../errors.ts';
import type { RunReport } from '../model/types.ts';
import { QUANTITIES, type Quantity } from './quantities.ts';
import { cliffsDelta, differenceInterval, effectName, mean } from './statistics.ts';

/**
 * `worse` and `better` lie beyond the bound, and the interval excludes no change; `unclear` lies beyond the bound
 * and the interval does not exclude it, or there were too few values for one.
 */
export type Change = 'same' | 'better' | 'worse' | 'unclear' | 'told';

export interface ComparedQuantity {
  id: string;
  title: string;
  unit: string;
  before: number | null;
  after: number | null;
  /** (after - before) / before; null when before is 0 or missing. */
  changeRatio: number | null;
  /** 95 % confidence interval of after - before, in the quantity's unit. */
  interval: [number, number] | null;
  /** Cliff's delta, -1 to 1. */
  effect: number | null;
  effectName: string;
  change: Change;
}

export interface Comparison {
  before: RunReport;
  after: RunReport;
  maxRegression: number;
  quantities: ComparedQuantity[];
  verdict: 'pass' | 'fail' | 'inconclusive';
  exitCode: ExitCode;
  because: string;
  /** What differs between the runs besides their results. */
  differences: string[];
}

/** What makes two runs no fair comparison; empty when they are alike. */
export function unlikeness({ manifest: a }: RunReport, { manifest: b }: RunReport): string[] {
  const reasons: string[] = [];
  if (a.scenario.sha256 !== b.scenario.sha256)
    reasons.push(
      a.scenario.name === b.scenario.name
        ? `the scenario "${a.scenario.name}" was changed between the runs`
        : `the scenarios differ: "${a.scenario.name}" and "${b.scenario.name}"`,
    );
  if (a.seed !== b.seed) reasons.push(`the seeds differ: ${a.seed} and ${b.seed}`);
  if (a.target.kind !== b.target.kind)
    reasons.push(`the targets differ: ${a.target.kind} and ${b.target.kind}`);
  return reasons;
}

export function compareRuns(before: RunReport, after: RunReport, maxRegression: number): Comparison {
  const quantities = QUANTITIES.flatMap(
    (quantity) => compareQuantity(quantity, before, after, maxRegression) ?? [],
  );
  return {
    before,
    after,
    maxRegression,
    quantities,
    ...judgeComparison(before, after, quantities),
    differences: [...unlikeness(before, after), ...surroundings(before, after)],
  };
}

function compareQuantity(
  quantity: Quantity,
  before: RunReport,
  after: RunReport,
  maxRegression: number,
): ComparedQuantity | null {
  const [a, b] = [quantity.values(before), quantity.values(after)];
  if (a.length === 0 && b.length === 0) return null;
  const [x, y] = [a.length === 0 ? null : mean(a), b.length === 0 ? null : mean(b)];
  const interval = differenceInterval(a, b);
  const effect = cliffsDelta(a, b);
  const changeRatio = x === null || y === null || x === 0 ? null : (y - x) / x;
  return {
    id: quantity.id,
    title: quantity.title,
    unit: quantity.unit,
    before: x,
    after: y,
    changeRatio,
    interval,
    effect,
    effectName: effectName(effect),
    change: quantity.worse === null ? 'told' : judgeChange(quantity, x, y, interval, maxRegression),
  };
}

function judgeChange(
  quantity: Quantity,
  x: number | null,
  y: number | null,
  interval: [number, number] | null,
  maxRegression: number,
): Change {
  if (x === null || y === null) return 'unclear';
  const difference = y - x;
  const small = Math.abs(difference) < quantity.floor || Math.abs(difference) <= Math.abs(x) * maxRegression;
  if (small) return 'same';
  if (interval === null || (interval[0] <= 0 && interval[1] >= 0)) return 'unclear';
  return difference > 0 === (quantity.worse === 'higher') ? 'worse' : 'better';
}

function judgeComparison(
  before: RunReport,
  after: RunReport,
  quantities: readonly ComparedQuantity[],
): Pick<Comparison, 'verdict' | 'exitCode' | 'because'> {
  const unusable = [before, after].find(
    ({ manifest }) => manifest.status !== 'completed' || manifest.trust?.verdict === 'saturated',
  );
  if (unusable !== undefined) {
    const why =
      unusable.manifest.status === 'completed'
        ? 'its load generator was saturated'
        : `it was ${unusable.manifest.status}`;
    return {
      verdict: 'inconclusive',
      exitCode: ExitCode.inconclusive,
      because: `${unusable.dir} cannot be compared: ${why}`,
    };
  }
  const worse = quantities.filter(({ change }) => change === 'worse');
  if (worse.length > 0)
    return {
      verdict: 'fail',
      exitCode: ExitCode.gateFailed,
      because: `${worse.length} of ${quantities.length} quantities got worse: ${worse.map(({ title }) => title).join('; ')}`,
    };
  const unclear = quantities.filter(({ change }) => change === 'unclear');
  if (unclear.length > 0)
    return {
      verdict: 'inconclusive',
      exitCode: ExitCode.inconclusive,
      because: `changed by more than the bound, but too little was measured to be sure: ${unclear.map(({ title }) => title).join('; ')}`,
    };
  if (quantities.length === 0)
    return {
      verdict: 'inconclusive',
      exitCode: ExitCode.inconclusive,
      because: 'nothing was measured in both runs',
    };
  return { verdict: 'pass', exitCode: ExitCode.pass, because: 'nothing got worse beyond the bound' };
}

/** Versions and hosts: no reason to refuse, but perhaps the reason of what changed. */
function surroundings({ manifest: a }: RunReport, { manifest: b }: RunReport): string[] {
  const of = (
    what: string,
    x: Readonly<Record<string, string | number | null>>,
    y: Readonly<Record<string, string | number | null>>,
  ) =>
    [...new Set([...Object.keys(x), ...Object.keys(y)])]
      .filter((name) => (x[name] ?? null) !== (y[name] ?? null))
      .map((name) => `${what} ${name}: ${x[name] ?? '–'} → ${y[name] ?? '–'}`);
  return [...of('version of', a.versions, b.versions), ...of('host', stable(a.host), stable(b.host))];
}

/** What is the same on the same machine from run to run. */
function stable(
  host: Readonly<Record<string, string | number | null>>,
): Record<string, string | number | null> {
  return Object.fromEntries(
    Object.entries(host).filter(([name]) => !/available|free|load|uptime/i.test(name)),
  );
}
