import { type RtcBenchError, usageError } from '../errors.ts';
import type { GateSpec } from '../gates/types.ts';
import { bridgeCount, crossProblems } from './cross-checks.ts';
import { hostileNesting } from './guard.ts';
import { schemaProblems } from './issues.ts';
import { readGates, readObjective } from './read-gates.ts';
import { type CalibrateConfig, type ScenarioFile, scenarioJsonSchema, scenarioSchema } from './schema.ts';
import { MAX_SCENARIO_BYTES, ScenarioSource } from './source.ts';
import { type Problem, SourceText } from './source-text.ts';

/** Beyond this many problems nobody reads on. */
const SHOWN_PROBLEMS = 100;

/** A scenario file, checked throughout: what the planner and the runner work from. */
export interface Scenario extends Omit<ScenarioFile, 'gates' | 'calibrate'> {
  gates: GateSpec[];
  calibrate: Omit<CalibrateConfig, 'objective'> & { objective: GateSpec[] };
}

/**
 * Reads a scenario. Pure: files that it names (a capacity file) are left for the caller to read.
 * Throws one RtcBenchError (exit 2) that tells every problem with its file, line and column.
 */
export function loadScenario(text: string, fileName: string): Scenario {
  if (Buffer.byteLength(text) > MAX_SCENARIO_BYTES) {
    throw usageError(
      'RTCB_SCENARIO_TOO_LARGE',
      `${fileName}: larger than ${MAX_SCENARIO_BYTES} bytes`,
      'use `count` instead of writing every participant out',
    );
  }
  const nesting = hostileNesting(text);
  if (nesting !== null) throw invalid(new SourceText(text, fileName), [nesting]);
  const source = new ScenarioSource(text, fileName);
  const syntax = [...source.syntaxProblems(), ...source.structureProblems()];
  if (syntax.length > 0) throw invalid(source, syntax);
  const data = contents(source);
  const parsed = scenarioSchema.safeParse(data);
  const gates = readGates(data, source);
  const objective = readObjective(data, source);
  const problems = [...gates.problems, ...objective.problems];
  if (!parsed.success) {
    problems.push(...schemaProblems(parsed.error.issues, source, scenarioJsonSchema(), data));
  } else problems.push(...crossProblems(parsed.data, source));
  if (problems.length > 0 || !parsed.success) throw invalid(source, problems);
  const calibrate = { ...parsed.data.calibrate, objective: objective.specs };
  const { target } = parsed.data;
  const bridges = bridgeCount(target) ?? target.bridges;
  return { ...parsed.data, target: { ...target, bridges }, gates: gates.specs, calibrate };
}

function contents(source: ScenarioSource): unknown {
  try {
    return source.data();
  } catch (error) {
    throw invalid(source, [
      {
        offset: 0,
        length: 1,
        message: error instanceof Error ? error.message : String(error),
        hint: 'anchors and aliases may not multiply',
      },
    ]);
  }
}

function invalid(source: SourceText, problems: readonly Problem[]): RtcBenchError {
  const sorted = problems.toSorted((a, b) => a.offset - b.offset);
  const shown = sorted.slice(0, SHOWN_PROBLEMS).map((problem) => source.describe(problem));
  if (sorted.length > shown.length) shown.push(`and ${sorted.length - shown.length} more`);
  const count = sorted.length === 1 ? '1 problem' : `${sorted.length} problems`;
  return usageError(
    'RTCB_SCENARIO_INVALID',
    `${source.fileName}: ${count}, nothing was started\n\n${shown.join('\n\n')}\n`,
    '`rtc-bench schema` prints the whole format; docs/scenarios.md explains it',
  );
}
