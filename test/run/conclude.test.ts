import { describe, expect, it } from 'vitest';
import { ExitCode, environmentError } from '../../src/errors.ts';
import { withImpliedGates } from '../../src/gates/implied.ts';
import type { DistributionQuery } from '../../src/gates/types.ts';
import { conclude } from '../../src/run/conclude.ts';
import { Interrupted, type RunEnd } from '../../src/run/runner.ts';
import { Distribution } from '../../src/stats/distribution.ts';
import { DEFAULT_TRUST_BOUNDS } from '../../src/trust/bounds.ts';

const GENERATOR = {
  engine: 'synthetic',
  cpuRatio: 0.1,
  memoryBytes: 1,
  eventLoopDelayMaxMs: 1,
  eventLoopUtilisationRatio: 0.1,
  packetsScheduled: 100,
  packetsSent: 100,
  lateSendRatio: 0,
  lateSendP99Ms: 1,
  socketDrops: 0,
};

function ended(change: Partial<RunEnd> = {}): RunEnd {
  return {
    tMs: 10_000,
    status: 'completed',
    cause: null,
    begun: true,
    participants: { planned: 1, joined: 1, failed: 0 },
    endpoints: [],
    bridges: [],
    deadBridges: [],
    accounting: null,
    evidence: {
      generator: [GENERATOR],
      host: [],
      readingsPerBridge: [30, 30],
      startLagsMs: [],
      clockJumpMs: 0,
      likeParticipantsPps: [],
      kernelDrops: null,
    },
    versions: {},
    target: { kind: 'fake', notOffered: [] },
    missedReadings: 0,
    lostEngines: [],
    packetLoop: null,
    leftovers: [],
    ...change,
  };
}

function observed(values: Record<string, number[]>): DistributionQuery {
  return {
    query(metric) {
      const distribution = new Distribution();
      for (const value of values[metric] ?? []) distribution.add(value);
      return distribution;
    },
  };
}

const GOOD = observed({ 'bridge.up_ratio': [1, 1], 'participant.join_failed_ratio': [0] });
const decide = (end: RunEnd, query = GOOD) =>
  conclude({ end, gates: withImpliedGates([]), trustBounds: DEFAULT_TRUST_BOUNDS, query });

describe('conclude', () => {
  it('passes a run in which what everybody expects was so', () => {
    expect(decide(ended())).toMatchObject({
      verdict: 'pass',
      exitCode: ExitCode.pass,
      trust: { verdict: 'trusted' },
    });
  });

  it('fails a run in which a bridge died or somebody could not join, though no gate was written', () => {
    const died = observed({ 'bridge.up_ratio': [1, 0], 'participant.join_failed_ratio': [0] });
    const failed = observed({ 'bridge.up_ratio': [1], 'participant.join_failed_ratio': [0, 1] });
    for (const query of [died, failed])
      expect(decide(ended(), query)).toMatchObject({ verdict: 'fail', exitCode: 99 });
  });

  it('believes nothing of a run that lost an engine', () => {
    const conclusion = decide(ended({ lostEngines: ['browser'] }));
    expect(conclusion).toMatchObject({ verdict: 'inconclusive', exitCode: 4 });
    expect(conclusion.trust?.reasons[0]?.code).toBe('engine-lost');
  });

  it('says that readings were missed without giving the run up', () => {
    const conclusion = decide(ended({ missedReadings: 2 }));
    expect(conclusion).toMatchObject({ verdict: 'pass', trust: { verdict: 'suspect' } });
  });

  it('ends with the exit code of what stopped the run', () => {
    const exitOf = (cause: unknown, status: RunEnd['status']) => decide(ended({ cause, status })).exitCode;
    expect(exitOf(new Interrupted('SIGINT'), 'interrupted')).toBe(130);
    expect(exitOf(new Interrupted('SIGTERM'), 'interrupted')).toBe(143);
    expect(exitOf(environmentError('RTCB_TARGET_LOST', 'gone'), 'failed')).toBe(3);
    expect(exitOf(new TypeError('x'), 'failed')).toBe(1);
  });
});
