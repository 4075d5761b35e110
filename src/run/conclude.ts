import { ExitCode, errorMessage, RtcBenchError } from '../errors.ts';
import { evaluateGates } from '../gates/evaluate.ts';
import { judge } from '../gates/judge.ts';
import type { DistributionQuery, GateSpec } from '../gates/types.ts';
import type { Manifest, RunStatus, TrustReason, TrustVerdict } from '../results/records.ts';
import { assessTrust } from '../trust/assess.ts';
import type { TrustBounds } from '../trust/bounds.ts';
import { areHere } from './evidence.ts';
import { Interrupted, type RunEnd } from './runner.ts';

export interface ConcludeInput {
  end: RunEnd;
  gates: readonly GateSpec[];
  trustBounds: TrustBounds;
  query: DistributionQuery;
}

export type Conclusion = Required<
  Pick<Manifest, 'verdict' | 'exitCode' | 'statusReason' | 'gates' | 'trust'>
> & {
  status: Exclude<RunStatus, 'running'>;
};

/** From how a run ended and what was observed, what it comes to. Pure. */
export function conclude({ end, gates, trustBounds, query }: ConcludeInput): Conclusion {
  const results = evaluateGates(gates, query);
  const trust = withIncidents(
    assessTrust({
      bounds: trustBounds,
      ...end.evidence,
      // What a dead bridge had sent last was counted at one end only: that is no loss inside the generator.
      accounting: end.deadBridges.length > 0 ? null : end.accounting,
      sharedHost: areHere(end.bridges),
    }),
    end,
  );
  const endedWith = exitCodeOf(end.cause);
  const judgement = judge({
    gates: results,
    trust,
    status: end.status,
    ...(endedWith === null ? {} : { endedWith }),
  });
  return {
    status: end.status,
    statusReason: end.cause === null ? null : errorMessage(end.cause),
    verdict: judgement.verdict,
    exitCode: judgement.exitCode,
    gates: results,
    trust,
  };
}

/** What only the runner knows: an engine that was lost took its share of the load with it. */
function withIncidents(trust: TrustVerdict, end: RunEnd): TrustVerdict {
  const lost = end.lostEngines.map(
    (engine): TrustReason => ({
      code: 'engine-lost',
      message: `the ${engine} engine failed during the run, so its participants offered nothing from then on`,
      value: null,
      bound: null,
    }),
  );
  const missed: TrustReason[] =
    end.missedReadings === 0
      ? []
      : [
          {
            code: 'readings-missed',
            message: `${end.missedReadings} readings got no answer in time; see the warnings of the timeline`,
            value: end.missedReadings,
            bound: 0,
          },
        ];
  return {
    verdict:
      lost.length > 0
        ? 'saturated'
        : missed.length > 0 && trust.verdict === 'trusted'
          ? 'suspect'
          : trust.verdict,
    reasons: [...lost, ...trust.reasons, ...missed],
  };
}

function exitCodeOf(cause: unknown): ExitCode | null {
  if (cause === null) return null;
  if (cause instanceof Interrupted)
    return cause.signal === 'SIGINT' ? ExitCode.interrupted : ExitCode.terminated;
  return cause instanceof RtcBenchError ? cause.exitCode : ExitCode.bug;
}
