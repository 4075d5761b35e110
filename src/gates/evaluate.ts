import type { GateResult } from '../results/records.ts';
import { type Distribution, samplesNeeded } from '../stats/distribution.ts';
import type { Aggregate, DistributionQuery, GateSpec, GateWindow, Operator } from './types.ts';

/** Evaluates every gate against what was observed. Without enough samples a gate is inconclusive, never passed. */
export function evaluateGates(gates: readonly GateSpec[], query: DistributionQuery): GateResult[] {
  return gates.map((gate) => evaluateGate(gate, query));
}

export function evaluateGate(gate: GateSpec, query: DistributionQuery): GateResult {
  const observed = query.query(gate.metric, gate.labels, gate.window);
  const result = {
    expression: gate.text,
    level: gate.level,
    samples: observed.count,
    ...(gate.line === null || gate.column === null ? {} : { line: gate.line, column: gate.column }),
  };
  const needed = Math.max(gate.minSamples ?? 1, neededBy(gate.aggregate));
  const value = observed.count < needed ? null : aggregate(gate.aggregate, observed);
  if (value === null || Number.isNaN(value)) {
    const note =
      observed.count === 0
        ? `no samples of ${gate.metric} in ${windowName(gate.window)}`
        : `${observed.count} samples in ${windowName(gate.window)}, ${needed} are needed`;
    return { ...result, value: null, outcome: 'inconclusive', note };
  }
  const outcome = holds(value, gate.operator, gate.bound) ? 'passed' : 'failed';
  return { ...result, value, outcome, note: null };
}

function neededBy(aggregate: Aggregate): number {
  return aggregate.kind === 'quantile' ? samplesNeeded(aggregate.quantile) : 1;
}

function aggregate(aggregate: Aggregate, observed: Distribution): number | null {
  switch (aggregate.kind) {
    case 'quantile':
      return observed.quantile(aggregate.quantile);
    case 'min':
    case 'max':
    case 'mean':
    case 'sum':
    case 'count':
      return observed[aggregate.kind];
  }
}

function holds(value: number, operator: Operator, bound: number): boolean {
  switch (operator) {
    case '<':
      return value < bound;
    case '<=':
      return value <= bound;
    case '>':
      return value > bound;
    case '>=':
      return value >= bound;
    case '==':
      return value === bound;
    case '!=':
      return value !== bound;
  }
}

function windowName(window: GateWindow): string {
  if (window === 'all') return 'the run';
  return window === 'steady' ? 'the steady window' : `stage ${window.stage}`;
}
