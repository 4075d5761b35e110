import { describe, expect, it } from 'vitest';
import { judge } from '../../src/gates/judge.ts';
import type { GateOutcome, GateResult, TrustVerdict } from '../../src/results/records.ts';

function gate(outcome: GateOutcome, level: GateResult['level'] = 'error'): GateResult {
  return { expression: 'max(bridge.stress) < 1', level, value: 1, samples: 1, outcome, note: null };
}

const trust = (verdict: TrustVerdict['verdict']): TrustVerdict => ({
  verdict,
  reasons: verdict === 'trusted' ? [] : [{ code: 'x', message: 'too slow', value: 2, bound: 1 }],
});
const completed = { status: 'completed', trust: trust('trusted') } as const;

describe('the verdict of a run that ended as planned', () => {
  it.each([
    ['no gates', [], 'pass', 0],
    ['all passed', [gate('passed'), gate('passed')], 'pass', 0],
    ['one failed', [gate('passed'), gate('failed')], 'fail', 99],
    ['one inconclusive', [gate('passed'), gate('inconclusive')], 'inconclusive', 4],
    ['a failure decides over what is open', [gate('inconclusive'), gate('failed')], 'fail', 99],
    ['warnings never count', [gate('failed', 'warn'), gate('inconclusive', 'warn')], 'pass', 0],
  ] as const)('%s', (_what, gates, verdict, exitCode) => {
    expect(judge({ ...completed, gates })).toMatchObject({ verdict, exitCode });
  });

  it.each(['passed', 'failed', 'inconclusive'] as const)(
    'is inconclusive with a saturated generator, also when gates %s',
    (outcome) => {
      const judged = judge({ status: 'completed', trust: trust('saturated'), gates: [gate(outcome)] });
      expect(judged).toEqual({ verdict: 'inconclusive', exitCode: 4, because: 'too slow' });
    },
  );

  it('stands with a suspect generator, and without an assessment', () => {
    expect(judge({ ...completed, trust: trust('suspect'), gates: [gate('passed')] }).exitCode).toBe(0);
    expect(judge({ ...completed, trust: null, gates: [gate('failed')] }).exitCode).toBe(99);
  });
});

describe('the verdict of a run that did not', () => {
  it.each([
    ['interrupted', undefined, 130],
    ['interrupted', 143, 143],
    ['failed', undefined, 3],
    ['failed', 1, 1],
  ] as const)('%s with %s', (status, endedWith, exitCode) => {
    const gates = [gate('failed')];
    const judged = judge({ status, trust: trust('saturated'), gates, ...(endedWith && { endedWith }) });
    expect(judged).toMatchObject({ verdict: 'inconclusive', exitCode });
  });
});
