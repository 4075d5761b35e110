import { type RtcBenchError, usageError } from '../errors.ts';
import { parseGate } from '../gates/expression.ts';
import type { GateSpec } from '../gates/types.ts';
import { crossProblems, stageNames } from './cross-checks.ts';
import { schemaProblems } from './issues.ts';
import { type ScenarioFile, scenarioJsonSchema, scenarioSchema } from './schema.ts';
import { MAX_SCENARIO_BYTES, type Path, type Problem, ScenarioSource } from './source.ts';

/** A scenario file, checked throughout: what the planner and the runner work from. */
export interface Scenario extends Omit<ScenarioFile, 'gates'> {
  gates: GateSpec[];
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
  const problems = [...gates.problems];
  if (!parsed.success) {
    problems.push(...schemaProblems(parsed.error.issues, source, scenarioJsonSchema(), data));
  } else problems.push(...crossProblems(parsed.data, source));
  if (problems.length > 0 || !parsed.success) throw invalid(source, problems);
  return { ...parsed.data, gates: gates.specs };
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

/** Gates are read from the raw contents, so that their problems show beside those of everything else. */
function readGates(data: unknown, source: ScenarioSource): { specs: GateSpec[]; problems: Problem[] } {
  const raw = (data as { gates?: unknown } | null)?.gates;
  const specs: GateSpec[] = [];
  const problems: Problem[] = [];
  const stages = stageNames(data);
  for (const [index, entry] of (Array.isArray(raw) ? raw : []).entries()) {
    const long = typeof entry === 'object' && entry !== null ? (entry as Record<string, unknown>) : null;
    const path: Path = long === null ? ['gates', index] : ['gates', index, 'expression'];
    const text = long === null ? entry : long.expression;
    if (typeof text !== 'string') continue;
    const parse = parseGate(text);
    if (!parse.ok) {
      const start = source.textStart(path);
      const place =
        start === null
          ? source.valueAt(path)
          : { offset: start + parse.problem.offset, length: parse.problem.length };
      problems.push({ ...place, message: `gate: ${parse.problem.message}`, hint: parse.problem.hint });
      continue;
    }
    const window = String(long?.window ?? 'steady');
    if (window !== 'steady' && window !== 'all' && !stages.includes(window)) {
      problems.push({
        ...source.valueAt(['gates', index, 'window']),
        message: `gate: no stage is named "${window}"`,
        hint: `one of: steady, all, ${stages.join(', ')}`,
      });
    }
    if (parse.gate.labels.room !== undefined && window !== 'steady' && window !== 'all') {
      problems.push({
        ...source.valueAt(['gates', index, 'window']),
        message: 'gate: what is kept by room is not kept by stage',
        hint: 'steady or all, or a gate without room',
      });
    }
    specs.push({
      ...parse.gate,
      level: long?.level === 'warn' ? 'warn' : 'error',
      minSamples: typeof long?.minSamples === 'number' ? long.minSamples : null,
      window: window === 'steady' || window === 'all' ? window : { stage: window },
      ...source.position(source.valueAt(path).offset),
    });
  }
  return { specs, problems };
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
