import { type RtcBenchError, usageError } from '../errors.ts';
import type { GateSpec } from '../gates/types.ts';
import { crossProblems } from './cross-checks.ts';
import { schemaProblems } from './issues.ts';
import { readGates, readObjective } from './read-gates.ts';
import { type CalibrateConfig, type ScenarioFile, scenarioJsonSchema, scenarioSchema } from './schema.ts';
import { MAX_SCENARIO_BYTES, type Problem, ScenarioSource } from './source.ts';

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
  const source = new ScenarioSource(text, fileName);
  const syntax = source.syntaxProblems();
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
  return { ...parsed.data, gates: gates.specs, calibrate };
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

function invalid(source: ScenarioSource, problems: readonly Problem[]): RtcBenchError {
  const sorted = problems.toSorted((a, b) => a.offset - b.offset);
  const count = sorted.length === 1 ? '1 problem' : `${sorted.length} problems`;
  return usageError(
    'RTCB_SCENARIO_INVALID',
    `${source.fileName}: ${count}, nothing was started\n\n${sorted.map((problem) => source.describe(problem)).join('\n\n')}\n`,
    '`rtc-bench schema` prints the whole format; docs/scenarios.md explains it',
  );
}
