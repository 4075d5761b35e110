import { describe, expect, it } from 'vitest';
import { parseGate } from '../../src/gates/expression.ts';
import { IMPLIED_GATES, withImpliedGates } from '../../src/gates/implied.ts';
import type { GateSpec } from '../../src/gates/types.ts';

function gate(text: string): GateSpec {
  const parse = parseGate(text);
  if (!parse.ok) throw new Error(parse.problem.message);
  return { ...parse.gate, level: 'warn', minSamples: null, window: 'steady', line: 1, column: 1 };
}

describe('withImpliedGates', () => {
  it('judges the whole run for dead bridges and failed joins, though nobody asked', () => {
    expect(withImpliedGates([]).map(({ text, level, window }) => [text, level, window])).toEqual(
      IMPLIED_GATES.map((text) => [text, 'error', 'all']),
    );
  });

  it('leaves the word to a scenario that has its own', () => {
    const own = gate('mean(participant.join_failed_ratio) < 5%');
    expect(withImpliedGates([own]).map(({ text }) => text)).toEqual([IMPLIED_GATES[0], own.text]);
  });
});
