import { describe, expect, it } from 'vitest';
import { evaluateGate, evaluateGates } from '../../src/gates/evaluate.ts';
import { parseGate } from '../../src/gates/expression.ts';
import type { DistributionQuery, GateSpec } from '../../src/gates/types.ts';
import { Distribution } from '../../src/stats/distribution.ts';

function gate(text: string, options: Partial<GateSpec> = {}): GateSpec {
  const parse = parseGate(text);
  if (!parse.ok) throw new Error(parse.problem.message);
  const defaults = { level: 'error', minSamples: null, window: 'steady', line: null, column: null } as const;
  return { ...parse.gate, ...defaults, ...options };
}

/** Answers every question with the same values. */
function observed(...values: number[]): DistributionQuery {
  const distribution = new Distribution();
  for (const value of values) distribution.add(value);
  return { query: () => distribution };
}

const NUMBERS = [1, 2, 3, 4];

describe('a gate with samples', () => {
  it.each([
    ['min(bridge.stress) >= 1', 1, 'passed'],
    ['max(bridge.stress) < 4', 4, 'failed'],
    ['max(bridge.stress) <= 4', 4, 'passed'],
    ['mean(bridge.stress) == 2.5', 2.5, 'passed'],
    ['sum(bridge.stress) != 10', 10, 'failed'],
    ['count(bridge.stress) > 3', 4, 'passed'],
    ['p50(bridge.stress) == 2', 2, 'passed'],
  ])('%s', (text, value, outcome) => {
    expect(evaluateGate(gate(text), observed(...NUMBERS))).toMatchObject({
      value,
      outcome,
      samples: 4,
      note: null,
    });
  });

  it('asks for its metric, labels and window', () => {
    const asked: unknown[] = [];
    const query: DistributionQuery = {
      query(...question) {
        asked.push(question);
        return new Distribution();
      },
    };
    evaluateGates([gate('max(track.jitter_ms{kind=audio}) < 1', { window: { stage: 'peak' } })], query);
    expect(asked).toEqual([['track.jitter_ms', { kind: 'audio' }, { stage: 'peak' }]]);
  });
});

describe('a gate without enough samples is inconclusive, whichever way it points', () => {
  it.each([
    'max(bridge.stress) < 1',
    'max(bridge.stress) >= 0',
    'count(bridge.stress) == 0',
    'sum(bridge.stress) < 5',
  ])('none: %s', (text) => {
    expect(evaluateGate(gate(text), observed())).toEqual({
      expression: text,
      level: 'error',
      value: null,
      samples: 0,
      outcome: 'inconclusive',
      note: 'no samples of bridge.stress in the steady window',
    });
  });

  it('fewer than the percentile needs', () => {
    const result = evaluateGate(gate('p95(bridge.stress) < 9', { window: 'all' }), observed(...NUMBERS));
    expect(result).toMatchObject({ outcome: 'inconclusive', value: null, samples: 4 });
    expect(result.note).toBe('4 samples in the run, 20 are needed');
  });

  it('fewer than the scenario asks for', () => {
    const strict = gate('max(bridge.stress) < 9', { minSamples: 5 });
    expect(evaluateGate(strict, observed(...NUMBERS)).outcome).toBe('inconclusive');
    expect(evaluateGate(strict, observed(...NUMBERS, 5)).outcome).toBe('passed');
  });
});
