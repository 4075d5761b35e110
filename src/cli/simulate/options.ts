import { parsePolicy } from '../../capacity/policy.ts';
import {
  absoluteScaler,
  CLASSIC_CPU_RULE,
  cpuScaler,
  pointsScaler,
  type Scaler,
} from '../../capacity/scalers.ts';
import { usageError } from '../../errors.ts';

export interface SimulateFlags {
  capacity?: string;
  cost?: string;
  run?: string;
  day?: string;
  peak: string;
  hours?: string;
  scaleOut: string;
  scaleIn: string;
  pointsRule: string;
  cpuRule: string;
  min: string;
  max: string;
  desired: string;
  cpus: string;
  boot: string;
  session: string;
  seed: string;
  out?: string;
  json?: boolean;
}

/** A flag's number within bounds. Throws RTCB_BAD_FLAG (exit 2). */
export function numberFlag(name: string, text: string, low: number, high: number): number {
  const value = Number(text);
  if (text.trim() !== '' && value >= low && value <= high) return value;
  throw usageError('RTCB_BAD_FLAG', `--${name} ${text}: not a number from ${low} to ${high}`);
}

/** The rules that are played against each other, each on the same day. */
export function scalersOf(flags: SimulateFlags): Scaler[] {
  const [points] = parsePolicy(flags.pointsRule);
  const [below, above] = parsePolicy(flags.cpuRule);
  if (points === undefined || below === undefined || above === undefined) {
    const hint = 'two steps: remove below the lower, add above the higher, as in 30=1,60=3';
    throw usageError('RTCB_BAD_POLICY', `--cpu-rule ${flags.cpuRule}`, hint);
  }
  return [
    pointsScaler(parsePolicy(flags.scaleOut), parsePolicy(flags.scaleIn)),
    absoluteScaler(points.threshold, points.percent),
    cpuScaler({
      ...CLASSIC_CPU_RULE,
      below: below.threshold,
      remove: below.percent,
      above: above.threshold,
      add: above.percent,
    }),
  ];
}
