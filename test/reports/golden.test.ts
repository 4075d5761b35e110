import { Chalk } from 'chalk';
import { beforeAll, expect, test } from 'vitest';
import { GithubAnnotationsReporter, MarkdownReporter } from '../../src/reports/ci/github.ts';
import { JUnitReporter } from '../../src/reports/ci/junit.ts';
import { ConsoleReporter, nextCommands } from '../../src/reports/console/reporter.ts';
import type { RunReport } from '../../src/reports/model/types.ts';
import { withFolder } from '../support/cli.ts';
import { FAILING, KILLED, PASSING, recorded } from './runs.ts';

const runs = new Map<string, RunReport>();
beforeAll(() =>
  withFolder(async (folder) => {
    for (const [name, options] of Object.entries({ pass: PASSING, fail: FAILING, killed: KILLED }))
      runs.set(name, await recorded(folder, options, name));
  }),
);

function run(name: string): RunReport {
  const report = runs.get(name);
  if (report === undefined) throw new Error(`no run ${name}`);
  return report;
}

for (const name of ['pass', 'fail', 'killed']) {
  test(`the terminal tells a run that ended so: ${name}`, async () => {
    const report = run(name);
    const reporter = new ConsoleReporter({
      paint: new Chalk({ level: 0 }),
      files: ['reports/x/report.html', 'reports/x/bridges.csv'],
      next: nextCommands(report, 'reports/x'),
    });
    await expect(reporter.render(report)).toMatchFileSnapshot(`golden/console-${name}.txt`);
  });

  test(`JUnit tells a run that ended so: ${name}`, async () => {
    await expect(new JUnitReporter().render(run(name))).toMatchFileSnapshot(`golden/junit-${name}.xml`);
  });

  test(`a CI job tells a run that ended so: ${name}`, async () => {
    const report = run(name);
    const text = `${new GithubAnnotationsReporter().render(report)}\n${new MarkdownReporter().render(report)}`;
    await expect(text).toMatchFileSnapshot(`golden/github-${name}.md`);
  });
}

test('colours change nothing of the text, and none are there when none are wanted', () => {
  const render = (level: 0 | 2) =>
    new ConsoleReporter({ paint: new Chalk({ level }), files: [], next: [] }).render(run('fail'));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is looked for
  const escapes = /\u001b\[[0-9;]*m/g;
  expect(render(0)).not.toMatch(escapes);
  expect(render(2).replace(escapes, '').replace(/ +$/gm, '')).toBe(render(0).replace(/ +$/gm, ''));
});
