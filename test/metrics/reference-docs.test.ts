import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseGate } from '../../src/gates/expression.ts';
import { METRIC_LABELS, METRICS, type MetricSubject } from '../../src/metrics/catalogue.ts';
import { loadScenario } from '../../src/scenario/load.ts';
import { GENERATED, withTables } from '../../tools/reference-docs.ts';

const read = (page: string) => readFileSync(new URL(`../../${page}`, import.meta.url), 'utf8');

it.each(Object.keys(GENERATED))('%s has the tables of the code: node tools/reference-docs.ts', (page) => {
  expect(read(page)).toBe(withTables(read(page), GENERATED[page] ?? {}));
});

describe('the catalogue', () => {
  it.each(Object.keys(METRICS))('%s is named subject.quantity_unit and has its row', (name) => {
    expect(name).toMatch(/^[a-z]+\.[a-z0-9]+(_[a-z0-9]+)*$/);
    expect(Object.keys(METRIC_LABELS)).toContain(name.split('.')[0] as MetricSubject);
    expect(read('docs/metrics.md')).toContain(`| \`${name}\` |`);
  });
});

describe('the examples of the pages', () => {
  it('docs/scenarios.md shows scenarios that are valid', () => {
    const blocks = [...read('docs/scenarios.md').matchAll(/```yaml\n([\s\S]*?)```/g)];
    expect(blocks.length).toBeGreaterThan(0);
    for (const [, yaml] of blocks) loadScenario(yaml ?? '', 'docs/scenarios.md');
  });

  it('docs/gates.md and docs/trust.md show what a scenario takes', () => {
    const head = (yaml: string) =>
      `version: 1\nname: x\n${yaml.startsWith('participants:') ? '' : 'participants: [{ count: 1 }]\n'}`;
    for (const page of ['docs/gates.md', 'docs/trust.md']) {
      const blocks = [...read(page).matchAll(/```yaml\n([\s\S]*?)```/g)];
      expect(blocks.length).toBeGreaterThan(0);
      for (const [, yaml = ''] of blocks) loadScenario(`${head(yaml)}${yaml}`, page);
    }
  });

  it('docs/metrics.md shows a gate that is valid', () => {
    const [, gate] = /`(max\(bridge[^`]*)`/.exec(read('docs/metrics.md')) ?? [];
    expect(parseGate(gate ?? '')).toMatchObject({ ok: true });
  });
});
