import { describe, expect, it } from 'vitest';
import { judgeStep, type StepEvidence } from '../../src/capacity/step.ts';
import type { GateOutcome, GateResult } from '../../src/results/records.ts';

function gate(outcome: GateOutcome, value: number | null = null): GateResult {
  return {
    expression: 'mean(track.loss_ratio) <= 0.01',
    level: 'error',
    value,
    samples: 9,
    outcome,
    note: null,
  };
}

const HELD: StepEvidence = {
  objective: [gate('passed', 0.001), gate('inconclusive')],
  trust: { verdict: 'trusted', reasons: [] },
  bridgeCpuRatio: 0.5,
  bridgeCpuWaitRatio: 0.01,
  bridgeCpuFullRatio: 0,
  bridgeCpuLimit: 1,
  kernelDrops: 0,
};
const broken = { objective: [gate('passed', 0), gate('failed', 0.123456)] };

describe('a step', () => {
  it('holds when what could be measured held', () => {
    expect(judgeStep(HELD)).toEqual({ verdict: 'holds', reason: null, limitedBy: 'unknown' });
  });

  it('holds with a suspect generator, and without an assessment', () => {
    expect(judgeStep({ ...HELD, trust: { verdict: 'suspect', reasons: [] } }).verdict).toBe('holds');
    expect(judgeStep({ ...HELD, trust: null }).verdict).toBe('holds');
  });

  it('breaks with the reason and its value', () => {
    const reason = 'mean(track.loss_ratio) <= 0.01: 0.1235';
    expect(judgeStep({ ...HELD, ...broken })).toMatchObject({ verdict: 'breaks', reason });
  });

  it('tells nothing of the bridge when the generator was saturated, whatever the gates say', () => {
    const reasons = [{ code: 'late-sends', message: 'too late', value: 1, bound: 0 }];
    const told = judgeStep({ ...HELD, ...broken, trust: { verdict: 'saturated', reasons } });
    expect(told).toEqual({ verdict: 'saturated', reason: 'too late', limitedBy: 'generator' });
  });

  it('tells nothing when nothing was measured', () => {
    expect(judgeStep({ ...HELD, objective: [gate('inconclusive')] }).verdict).toBe('saturated');
  });
});

describe('the resource that ended it', () => {
  it.each([
    ['CPU', { bridgeCpuRatio: 0.97 }, 'bridge-cpu'],
    ['CPU also when it shows as drops', { bridgeCpuRatio: 0.97, kernelDrops: 9 }, 'bridge-cpu'],
    [
      'CPU that it was ready for and not given',
      { bridgeCpuRatio: 0.3, bridgeCpuWaitRatio: 0.68 },
      'bridge-cpu',
    ],
    ['the share of a core that it was given', { bridgeCpuRatio: 0.28, bridgeCpuLimit: 0.3 }, 'bridge-cpu'],
    ['its CPU in a third of the seconds', { bridgeCpuFullRatio: 0.33 }, 'bridge-cpu'],
    ['drops at full sockets', { kernelDrops: 9 }, 'kernel-drops'],
    ['the network, when neither', {}, 'network'],
    ['unknown, when CPU is', { bridgeCpuRatio: null }, 'unknown'],
  ] as const)('%s', (_what, part, limitedBy) => {
    expect(judgeStep({ ...HELD, ...broken, ...part }).limitedBy).toBe(limitedBy);
  });
});
