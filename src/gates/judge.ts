import { ExitCode } from '../errors.ts';
import type { GateResult, RunStatus, TrustVerdict, Verdict } from '../results/records.ts';

export interface Judgement {
  verdict: Verdict;
  exitCode: ExitCode;
  /** One sentence: what decided. */
  because: string;
}

export interface JudgeInput {
  gates: readonly GateResult[];
  /** null: it was not assessed. */
  trust: TrustVerdict | null;
  status: Exclude<RunStatus, 'running'>;
  /** What an unfinished run ended with: 130 or 143 for a signal, 3 or 1 for a failure. Default 130 and 3. */
  endedWith?: ExitCode;
}

/**
 * The verdict and the exit code of a run. In this order:
 * 1. it did not run to its end: inconclusive, with the exit code of what ended it;
 * 2. the generator was the bottleneck: inconclusive (4), whatever the gates say, because a saturated generator
 *    makes an SFU look worse and better than it is;
 * 3. a gate of level `error` failed: fail (99), also when others are inconclusive, for no sample that is missing
 *    could make it pass;
 * 4. a gate of level `error` is inconclusive: inconclusive (4);
 * 5. pass (0). Gates of level `warn` never count.
 */
export function judge({ gates, trust, status, endedWith }: JudgeInput): Judgement {
  if (status !== 'completed') {
    const exitCode = endedWith ?? (status === 'interrupted' ? ExitCode.interrupted : ExitCode.environment);
    return { verdict: 'inconclusive', exitCode, because: `the run was ${status}` };
  }
  if (trust?.verdict === 'saturated') {
    const because = trust.reasons[0]?.message ?? 'the generator was the bottleneck';
    return { verdict: 'inconclusive', exitCode: ExitCode.inconclusive, because };
  }
  const binding = gates.filter((gate) => gate.level === 'error');
  const failed = binding.filter((gate) => gate.outcome === 'failed');
  if (failed.length > 0) {
    const because = `${count(failed.length, 'gate')} of ${binding.length} failed`;
    return { verdict: 'fail', exitCode: ExitCode.gateFailed, because };
  }
  const open = binding.find((gate) => gate.outcome === 'inconclusive');
  if (open !== undefined) {
    const because = `${open.expression}: ${open.note ?? 'inconclusive'}`;
    return { verdict: 'inconclusive', exitCode: ExitCode.inconclusive, because };
  }
  const because = binding.length === 0 ? 'no gates were set' : `all ${count(binding.length, 'gate')} passed`;
  return { verdict: 'pass', exitCode: ExitCode.pass, because };
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}
