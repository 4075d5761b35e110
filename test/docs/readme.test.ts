import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ExitCode } from '../../src/errors.ts';
import { loadScenario } from '../../src/scenario/load.ts';
import { planRun } from '../../src/scenario/plan.ts';

const README = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

describe('README', () => {
  it('shows a scenario that is valid', () => {
    const yaml = /```yaml\n([\s\S]*?)```/.exec(README)?.[1] ?? '';
    const plan = planRun(loadScenario(yaml, 'README.md'));
    expect(plan.participants).toHaveLength(102);
  });

  it('lists every exit code', () => {
    for (const code of Object.values(ExitCode))
      expect(README).toMatch(new RegExp(`^\\| (\\d+, )?${code}\\b`, 'm'));
  });

  it('names only files that exist', () => {
    const links = [...README.matchAll(/\]\(([^)#]+\.md)\)/g)].map((match) => match[1] ?? '');
    expect(links.length).toBeGreaterThan(5);
    for (const link of links)
      expect(readFileSync(new URL(`../../${link}`, import.meta.url), 'utf8')).not.toBe('');
  });
});
