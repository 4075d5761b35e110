import { readFileSync, writeFileSync } from 'node:fs';
import {
  METRIC_LABELS,
  METRICS,
  type MetricDefinition,
  type MetricSubject,
} from '../src/metrics/catalogue.ts';
import { scenarioJsonSchema } from '../src/scenario/schema.ts';
import { TRUST_BOUNDS } from '../src/trust/bounds.ts';

/*
 * The tables of the reference pages come from the code: `node tools/reference-docs.ts` writes them between their
 * markers, and a test fails when a page and the code differ.
 */

type Schema = { [key: string]: unknown };

/** Page to the tables in it, by the name in its marker. */
export const GENERATED: Record<string, Record<string, () => string>> = {
  'docs/metrics.md': { metrics: metricTable },
  'docs/trust.md': { bounds: trustTable },
  'docs/scenarios.md': { keys: scenarioTable },
};

/** The page with its generated tables as the code has them now. */
export function withTables(page: string, tables: Record<string, () => string>): string {
  return Object.entries(tables).reduce((text, [name, table]) => {
    const section = new RegExp(`(<!-- generated: ${name} -->\n)[\\s\\S]*?(<!-- end -->)`);
    if (!section.test(text)) throw new Error(`no section ${name}`);
    return text.replace(section, (_all, begin: string, end: string) => `${begin}\n${table()}\n${end}`);
  }, page);
}

function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function metricTable(): string {
  const rows = Object.entries<MetricDefinition>(METRICS).map(([name, { unit, description, source }]) => [
    `\`${name}\``,
    unit,
    description,
    source,
    METRIC_LABELS[name.split('.', 1)[0] as MetricSubject].join(', '),
  ]);
  return table(['metric', 'unit', 'what it is', 'where it comes from', 'labels'], rows);
}

function trustTable(): string {
  const rows = Object.entries(TRUST_BOUNDS).map(([name, bound]) => {
    const least = name === 'minSteadySamples';
    const suspect = least ? '' : String(Number((bound.default * bound.suspectShare).toPrecision(6)));
    return [
      `\`${name}\``,
      bound.description,
      bound.unit,
      suspect,
      bound.decides
        ? `${least ? 'fewer than ' : ''}${bound.default}`
        : `never (suspect above ${bound.default})`,
    ];
  });
  return table(['bound', 'what is held against it', 'unit', 'suspect above', 'saturated above'], rows);
}

function scenarioTable(): string {
  return table(['key', 'value', 'default', 'meaning'], rowsOf(scenarioJsonSchema(), ''));
}

function rowsOf(schema: Schema, path: string): string[][] {
  const required = (schema.required ?? []) as string[];
  return Object.entries((schema.properties ?? {}) as Record<string, Schema>).flatMap(([key, value]) => {
    const name = `${path}${key}`;
    const shown = [`\`${name}\``, kindOf(value), defaultOf(value, required.includes(key)), describe(value)];
    const kinds = branches(value);
    // Where one entry may stand for a list of one, the list says it all.
    const lists = kinds.filter((branch) => branch.type === 'array');
    return [shown, ...(lists.length > 0 ? lists : kinds).flatMap((branch) => nested(branch, name))];
  });
}

function nested(branch: Schema, name: string): string[][] {
  if (branch.type === 'array') {
    return branches(branch.items as Schema).flatMap((item) => nested(item, `${name}[]`));
  }
  if (branch.type !== 'object') return [];
  const kind = (branch.properties as Record<string, Schema> | undefined)?.kind?.const;
  if (kind === undefined) return rowsOf(branch, `${name}.`);
  const { properties, ...rest } = branch;
  const { kind: stage, ...others } = properties as Record<string, Schema>;
  const self = [`\`${name}\` with \`kind: ${String(kind)}\``, 'keys', '', describe(stage ?? {})];
  return [self, ...rowsOf({ ...rest, properties: others }, `${name}.`)];
}

function branches(schema: Schema): Schema[] {
  return ((schema.anyOf ?? schema.oneOf) as Schema[] | undefined)?.flatMap(branches) ?? [schema];
}

function kindOf(schema: Schema): string {
  if (Array.isArray(schema.examples)) return schema.examples.includes('30s') ? 'duration' : 'size';
  return [...new Set(branches(schema).map(kindOfOne))].join(' or ');
}

function kindOfOne(schema: Schema): string {
  if (Array.isArray(schema.enum)) return schema.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (schema.const !== undefined) return `\`${String(schema.const)}\``;
  if (schema.type === 'array') return 'list';
  if (schema.type === 'object') return 'keys';
  if (schema.type !== 'integer' && schema.type !== 'number') {
    return schema.type === 'boolean' ? 'true or false' : 'text';
  }
  const low = schema.minimum ?? schema.exclusiveMinimum;
  const high = schema.maximum;
  const noun = schema.type === 'integer' ? 'whole number' : 'number';
  const safe = (bound: unknown) => bound !== undefined && Math.abs(Number(bound)) < Number.MAX_SAFE_INTEGER;
  return safe(low) && safe(high) ? `${noun}, ${String(low)} to ${String(high)}` : noun;
}

function defaultOf(schema: Schema, required: boolean): string {
  if (required) return 'required';
  const { default: value } = schema;
  return value === undefined || typeof value === 'object' ? '' : `\`${String(value)}\``;
}

function describe(schema: Schema): string {
  return String(schema.description ?? '').replaceAll('\n', ' ');
}

if (import.meta.main) {
  for (const [page, tables] of Object.entries(GENERATED)) {
    const file = new URL(`../${page}`, import.meta.url);
    writeFileSync(file, withTables(readFileSync(file, 'utf8'), tables));
  }
}
