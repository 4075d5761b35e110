import type { z } from 'zod';
import { suggestion } from '../spelling.ts';
import type { Path, ScenarioSource } from './source.ts';
import type { Problem } from './source-text.ts';

type Issue = z.core.$ZodIssue;
type JsonSchema = { [key: string]: unknown };

/** Of one map, this many unknown keys are told. */
const MAX_KEYS = 200;

/** What the schema found, each with its place in the file and the nearest right spelling. */
export function schemaProblems(
  issues: readonly Issue[],
  source: ScenarioSource,
  schema: JsonSchema,
  data: unknown,
): Problem[] {
  return issues.flatMap((issue) => describe(issue, issue.path as Path, source, schema, data));
}

function describe(
  issue: Issue,
  path: Path,
  source: ScenarioSource,
  schema: JsonSchema,
  data: unknown,
): Problem[] {
  const name = String(path.at(-1) ?? 'the scenario');
  const missing = path.length > 0 && valueAt(data, path) === undefined;
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(schema, path, data);
    return issue.keys.slice(0, MAX_KEYS).map((key) => ({
      ...source.keyAt(path, key),
      message: `unknown key "${key}"`,
      hint: suggestion(key, known),
    }));
  }
  if (issue.code === 'invalid_union') {
    const options = 'options' in issue ? (issue.options as unknown[]).map(String) : null;
    if (options !== null) return [choice(path, options, source, data)];
    if (missing) return [absent(path, source)];
    return unionProblems(issue.errors, path, source, schema, data);
  }
  if (missing) return [absent(path, source)];
  if (issue.code === 'invalid_value') return [choice(path, issue.values.map(String), source, data)];
  return [{ ...source.valueAt(path), message: `${quoteName(name)}${sentence(issue, data, path)}`, hint: '' }];
}

function absent(path: Path, source: ScenarioSource): Problem {
  return { ...source.valueAt(path), length: 1, message: `"${String(path.at(-1))}" is missing`, hint: '' };
}

function choice(path: Path, options: string[], source: ScenarioSource, data: unknown): Problem {
  const value = valueAt(data, path);
  const name = String(path.at(-1));
  if (value === undefined) return { ...absent(path, source), hint: `one of: ${options.join(', ')}` };
  const hint = options.length === 1 ? `only ${options[0]} is known` : suggestion(String(value), options);
  return {
    ...source.valueAt(path),
    message: `"${name}" cannot be ${show(value)}`,
    hint: hint || `one of: ${options.join(', ')}`,
  };
}

/** Of a union, the branch whose kind of value is there explains best; among scalars, all choices are told. */
function unionProblems(
  branches: readonly (readonly Issue[])[],
  path: Path,
  source: ScenarioSource,
  schema: JsonSchema,
  data: unknown,
): Problem[] {
  const reached = branches.filter(
    (branch) => !branch.some((issue) => issue.code === 'invalid_type' && issue.path.length === 0),
  );
  const [only] = reached.toSorted((a, b) => weight(a) - weight(b));
  if (only !== undefined) {
    return only.flatMap((issue) => {
      const inner = [...path, ...(issue.path as Path)];
      return describe(issue, inner, source, schema, data);
    });
  }
  const kinds = branches.flatMap((branch) =>
    branch.flatMap((issue) => (issue.code === 'invalid_type' ? [String(issue.expected)] : [])),
  );
  const name = String(path.at(-1) ?? 'the scenario');
  return [
    {
      ...source.valueAt(path),
      message: `"${name}" must be ${[...new Set(kinds)].map(kindName).join(' or ')}, not ${show(valueAt(data, path))}`,
      hint: '',
    },
  ];
}

/** A branch that only dislikes the value itself is a better guess than one that dislikes its structure. */
function weight(branch: readonly Issue[]): number {
  return branch.reduce((sum, issue) => sum + (issue.code === 'unrecognized_keys' ? issue.keys.length : 1), 0);
}

function sentence(issue: Issue, data: unknown, path: Path): string {
  switch (issue.code) {
    case 'invalid_type':
      return ` must be ${kindName(String(issue.expected))}, not ${show(valueAt(data, path))}`;
    case 'too_small':
      return ` must ${bound(String(issue.origin), 'at least', issue.minimum, issue.inclusive ?? true)}`;
    case 'too_big':
      return ` must ${bound(String(issue.origin), 'at most', issue.maximum, issue.inclusive ?? true)}`;
    default:
      return `: ${issue.message}`;
  }
}

function bound(origin: string, word: string, limit: number | bigint, inclusive: boolean): string {
  if (origin === 'string') return `have ${word} ${limit} characters`;
  if (origin === 'array') return `have ${word} ${limit} entries`;
  return inclusive ? `be ${word} ${limit}` : `be ${word === 'at least' ? 'more' : 'less'} than ${limit}`;
}

const KIND_NAMES: Record<string, string> = {
  object: 'a map of keys',
  array: 'a list',
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
};

function kindName(expected: string): string {
  return KIND_NAMES[expected] ?? expected;
}

function quoteName(name: string): string {
  return /^\d+$/.test(name) ? `entry ${Number(name) + 1}` : name === 'the scenario' ? name : `"${name}"`;
}

function show(value: unknown): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map of keys';
  const text = typeof value === 'string' ? `"${value}"` : String(value);
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

function valueAt(data: unknown, path: Path): unknown {
  let value = data;
  for (const step of path) {
    if (value === null || typeof value !== 'object') return undefined;
    value = (value as Record<string | number, unknown>)[step];
  }
  return value;
}

/** The keys that the JSON Schema allows at `path`; where it branches, the branch of the same `kind`. */
function knownKeys(schema: JsonSchema, path: Path, data: unknown): string[] {
  let candidates: JsonSchema[] = expand(schema, data);
  let value: unknown = data;
  for (const step of path) {
    value = valueAt(value, [step]);
    candidates = candidates
      .map((candidate) =>
        typeof step === 'number'
          ? (candidate.items as JsonSchema | undefined)
          : (candidate.properties as Record<string, JsonSchema> | undefined)?.[step],
      )
      .filter((candidate) => candidate !== undefined)
      .flatMap((candidate) => expand(candidate, value));
  }
  return [
    ...new Set(candidates.flatMap((candidate) => Object.keys((candidate.properties ?? {}) as JsonSchema))),
  ];
}

function expand(schema: JsonSchema, value: unknown): JsonSchema[] {
  const branches = (schema.anyOf ?? schema.oneOf) as JsonSchema[] | undefined;
  if (branches === undefined) return [schema];
  const kind = valueAt(value, ['kind']);
  const matching = branches.filter((branch) => {
    const wanted = (branch.properties as Record<string, JsonSchema> | undefined)?.kind?.const;
    return wanted === undefined || wanted === kind;
  });
  return matching.flatMap((branch) => expand(branch, value));
}
