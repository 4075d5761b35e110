import { parseGate } from './expression.ts';
import type { GateSpec } from './types.ts';

/**
 * What everybody expects of a run without saying it: no bridge died and everyone who was to join got in. A
 * scenario that says something of its own about one of these metrics replaces that one.
 */
export const IMPLIED_GATES = [
  'min(bridge.up_ratio) == 1',
  'max(participant.join_failed_ratio) == 0',
] as const;

/** The scenario's gates with the implied ones before them; both judge the whole run. */
export function withImpliedGates(gates: readonly GateSpec[]): GateSpec[] {
  const spoken = new Set(gates.map((gate) => gate.metric));
  const implied = IMPLIED_GATES.flatMap((text): GateSpec[] => {
    const parse = parseGate(text);
    if (!parse.ok) throw new Error(`an implied gate is not valid: ${text}: ${parse.problem.message}`);
    if (spoken.has(parse.gate.metric)) return [];
    return [{ ...parse.gate, level: 'error', minSamples: null, window: 'all', line: null, column: null }];
  });
  return [...implied, ...gates];
}
