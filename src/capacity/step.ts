import type { GateResult, TrustVerdict } from '../results/records.ts';
import type { Limit } from './capacity-file.ts';
import type { StepVerdict } from './search.ts';

/** What a step of a calibration showed of itself. */
export interface StepEvidence {
  /** The objective, evaluated over the step. */
  objective: readonly GateResult[];
  /** Of the generator, over the step. */
  trust: TrustVerdict | null;
  /** Cores that the media process used. */
  bridgeCpuRatio: number | null;
  /** Share of the readings in which it was at the end of what it may use; null: not told. */
  bridgeCpuFullRatio: number | null;
  /** Cores that it may use: one worker has one, or the share that it was given. */
  bridgeCpuLimit: number;
  /** Share of the time in which it was ready and had no core: a quota, or other processes; null: not told. */
  bridgeCpuWaitRatio: number | null;
  /** Datagrams that the kernel dropped at full sockets that are not the generator's, and at full backlogs. */
  kernelDrops: number;
}

export interface StepJudgement {
  verdict: StepVerdict;
  /** null when it holds. */
  reason: string | null;
  limitedBy: Limit;
}

/** A media process that uses, or waits for, more of what it may have than this is at its end: the rest goes to the kernel. */
export const BUSY_CORE = 0.9;

/** A delay at p95 breaks by what happens in a twentieth of the time; a quarter of the readings is no accident. */
const OFTEN_FULL = 0.25;

/**
 * Whether quality held. A saturated generator comes first, for then nothing was learnt of the bridge. A gate of the
 * objective without any sample says nothing (nobody joins in a step down); when none had any, nothing is known.
 */
export function judgeStep(evidence: StepEvidence): StepJudgement {
  const { objective, trust } = evidence;
  if (trust?.verdict === 'saturated') {
    const reason = trust.reasons[0]?.message ?? 'the generator was the bottleneck';
    return { verdict: 'saturated', reason, limitedBy: 'generator' };
  }
  const failed = objective.filter((gate) => gate.outcome === 'failed');
  if (failed.length > 0) {
    const reason = failed.map((gate) => `${gate.expression}: ${show(gate.value)}`).join('; ');
    return { verdict: 'breaks', reason, limitedBy: resource(evidence) };
  }
  if (!objective.some((gate) => gate.outcome === 'passed')) {
    return {
      verdict: 'saturated',
      reason: 'nothing of the objective could be measured',
      limitedBy: 'unknown',
    };
  }
  return { verdict: 'holds', reason: null, limitedBy: 'unknown' };
}

/** What was used up: CPU explains drops as well, for a busy process reads its socket too late. */
function resource(evidence: StepEvidence): Limit {
  const { bridgeCpuRatio, bridgeCpuWaitRatio, bridgeCpuFullRatio, bridgeCpuLimit, kernelDrops } = evidence;
  if (
    bridgeCpuRatio !== null &&
    (bridgeCpuRatio >= BUSY_CORE * bridgeCpuLimit ||
      (bridgeCpuFullRatio ?? 0) >= OFTEN_FULL ||
      bridgeCpuRatio + (bridgeCpuWaitRatio ?? 0) >= BUSY_CORE)
  )
    return 'bridge-cpu';
  if (kernelDrops > 0) return 'kernel-drops';
  return bridgeCpuRatio === null ? 'unknown' : 'network';
}

function show(value: number | null): string {
  return value === null ? 'unknown' : String(Number(value.toPrecision(4)));
}
