import { z } from 'zod';
import { errorMessage, type RtcBenchError, usageError } from '../../errors.ts';
import { hostileNesting } from '../../scenario/guard.ts';
import { schemaProblems } from '../../scenario/issues.ts';
import { type Path, ScenarioSource } from '../../scenario/source.ts';
import { type Problem, SourceText } from '../../scenario/source-text.ts';
import { configSchema, KEYS_WITHOUT_EFFECT, type ObserverConfig } from './schema.ts';

/** Larger files are refused. */
export const MAX_CONFIG_BYTES = 1024 * 1024;

export interface ReadConfig {
  config: ObserverConfig;
  /** Keys of the file that do nothing here, for a word on stderr. */
  withoutEffect: string[];
}

function refusal(source: SourceText, problems: readonly Problem[]): RtcBenchError {
  const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`;
  const described = problems
    .toSorted((a, b) => a.offset - b.offset)
    .map((problem) => source.describe(problem));
  return usageError('RTCB_OBSERVER_CONFIG', `${count} in the configuration\n${described.join('\n')}`);
}

function contents(source: ScenarioSource): unknown {
  try {
    return source.data();
  } catch (error) {
    throw refusal(source, [{ offset: 0, length: 1, message: errorMessage(error), hint: '' }]);
  }
}

function present(data: unknown, path: Path): boolean {
  let value = data;
  for (const step of path) {
    if (value === null || typeof value !== 'object' || !(step in value)) return false;
    value = (value as Record<string | number, unknown>)[step];
  }
  return true;
}

/** An empty section, `sinks:` with nothing below it, is the same as none. */
function withoutEmptySections(value: unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== null)
      .map(([key, inner]) => [key, withoutEmptySections(inner)]),
  );
}

/**
 * Reads a configuration in upstream's form. Throws a usage error that lists everything that is wrong, each with
 * file, line and column.
 */
export function readConfig(text: string, fileName: string): ReadConfig {
  const nesting = hostileNesting(text);
  if (nesting !== null) throw refusal(new SourceText(text, fileName), [nesting]);
  const source = new ScenarioSource(text, fileName);
  const syntax = [...source.syntaxProblems(), ...source.structureProblems()];
  if (syntax.length > 0) throw refusal(source, syntax);
  const data = contents(source) ?? {};
  if (typeof data !== 'object' || Array.isArray(data)) {
    throw refusal(source, [
      { ...source.valueAt([]), message: 'the configuration is not a map of keys', hint: '' },
    ]);
  }
  const parsed = configSchema.safeParse(withoutEmptySections(data));
  if (!parsed.success) {
    const schema = z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' });
    throw refusal(source, schemaProblems(parsed.error.issues, source, { ...schema }, data));
  }
  return {
    config: parsed.data,
    withoutEffect: KEYS_WITHOUT_EFFECT.filter((key) => present(data, key.split('.'))),
  };
}

/** What holds without a file: every default, no sinks. */
export function defaultConfig(): ObserverConfig {
  return configSchema.parse({});
}
