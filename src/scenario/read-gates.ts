import { parseGate } from '../gates/expression.ts';
import type { GateExpression, GateSpec } from '../gates/types.ts';
import { endpointKinds, stageNames } from './cross-checks.ts';
import { DEFAULT_OBJECTIVE } from './schema-calibrate.ts';
import type { Path, ScenarioSource } from './source.ts';
import type { Problem } from './source-text.ts';

/** The schema allows no more than this; what is beyond is not looked at. */
const MAX_ENTRIES = 200;

export interface GatesRead {
  specs: GateSpec[];
  problems: Problem[];
}

/**
 * The gates of a scenario. They are read from the raw contents and not from what the schema made of them, so that
 * their problems show beside those of everything else.
 */
export function readGates(data: unknown, source: ScenarioSource): GatesRead {
  const stages = stageNames(data);
  const endpoints = endpointKinds(data);
  return collect(listAt(data, 'gates'), (entry, index) => {
    const long = typeof entry === 'object' && entry !== null ? (entry as Record<string, unknown>) : null;
    const path: Path = long === null ? ['gates', index] : ['gates', index, 'expression'];
    const read = readExpression(long === null ? entry : long.expression, path, source);
    if (read === null || 'message' in read) return read;
    const window = String(long?.window ?? 'steady');
    const problem = windowProblem(window, read, stages);
    if (problem !== null) return { ...source.valueAt(['gates', index, 'window']), ...problem };
    const absent = absentEndpoint(read, endpoints);
    if (absent !== null) return { ...source.valueAt(path), ...absent };
    return {
      ...read,
      level: long?.level === 'warn' ? 'warn' : 'error',
      minSamples: typeof long?.minSamples === 'number' ? long.minSamples : null,
      window: window === 'steady' || window === 'all' ? window : { stage: window },
      ...source.position(source.valueAt(path).offset),
    };
  });
}

/** What must hold in a calibration: over the whole of what was observed of a step. */
export function readObjective(data: unknown, source: ScenarioSource): GatesRead {
  const common = { level: 'error', minSamples: null, window: 'all' } as const;
  const written = listAt((data as { calibrate?: unknown } | null)?.calibrate, 'objective');
  if (written === null) {
    return collect(DEFAULT_OBJECTIVE, (text) => {
      const parse = parseGate(String(text));
      return parse.ok ? { ...parse.gate, ...common, line: null, column: null } : null;
    });
  }
  return collect(written, (text, index) => {
    const path: Path = ['calibrate', 'objective', index];
    const read = readExpression(text, path, source);
    if (read === null || 'message' in read) return read;
    return { ...read, ...common, ...source.position(source.valueAt(path).offset) };
  });
}

function collect(
  entries: readonly unknown[] | null,
  read: (entry: unknown, index: number) => GateSpec | Problem | null,
): GatesRead {
  const result: GatesRead = { specs: [], problems: [] };
  for (const [index, entry] of (entries ?? []).slice(0, MAX_ENTRIES).entries()) {
    const one = read(entry, index);
    if (one === null) continue;
    if ('message' in one) result.problems.push(one);
    else result.specs.push(one);
  }
  return result;
}

/** null for what is no text: the schema tells that. */
function readExpression(text: unknown, path: Path, source: ScenarioSource): GateExpression | Problem | null {
  if (typeof text !== 'string') return null;
  const parse = parseGate(text);
  if (parse.ok) return parse.gate;
  const start = source.textStart(path);
  const { offset, length, message, hint } = parse.problem;
  const place = start === null ? source.valueAt(path) : { offset: start + offset, length };
  return { ...place, message: `gate: ${message}`, hint };
}

function windowProblem(
  window: string,
  gate: GateExpression,
  stages: readonly string[],
): { message: string; hint: string } | null {
  if (window === 'steady' || window === 'all') return null;
  if (!stages.includes(window)) {
    const hint = `one of: steady, all, ${stages.join(', ')}`;
    return { message: `gate: no stage is named "${window}"`, hint };
  }
  if (gate.labels.room === undefined) return null;
  const hint = 'steady or all, or a gate without room';
  return { message: 'gate: what is kept by room is not kept by stage', hint };
}

/** A cell of the matrix whose sender or receiver the scenario does not have would never have a sample. */
function absentEndpoint(
  { labels }: GateExpression,
  endpoints: readonly string[],
): { message: string; hint: string } | null {
  for (const label of ['endpoint', 'sender', 'receiver'] as const) {
    const kind = labels[label];
    if (kind === undefined || endpoints.includes(kind)) continue;
    const hint = `those of this scenario: ${endpoints.join(', ')}`;
    return { message: `gate: no participant is ${kind}, as ${label} says`, hint };
  }
  return null;
}

function listAt(data: unknown, key: string): unknown[] | null {
  const value = (data as Record<string, unknown> | null | undefined)?.[key];
  return Array.isArray(value) ? value : null;
}
