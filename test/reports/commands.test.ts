import { cp, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { main } from '../../src/cli/main.ts';
import { fakeSystem } from '../support/fake-system.ts';
import { FAILING, KILLED, PASSING, recorded } from './runs.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rtcb-reports-'));
  await recorded(folder, PASSING, 'pass');
  await recorded(folder, FAILING, 'fail');
  await recorded(folder, KILLED, 'killed');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs the command line in the folder of the runs. */
async function cli(args: string[], env: Record<string, string> = {}) {
  // The command line ends its process a while after the answer; here that is the test's own.
  const system = { ...fakeSystem(env), cwd: folder, exit: () => undefined as never };
  const exitCode = await main(args, system);
  return { exitCode, stdout: system.stdout.text, stderr: system.stderr.text };
}

test('report writes the page that only its user may read, says where, and exits 0 whatever the verdict', async () => {
  for (const name of ['pass', 'fail', 'killed']) {
    const { exitCode, stdout, stderr } = await cli(['report', name]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(stdout).toContain(join(name, 'report.html'));
    expect((await stat(join(folder, name, 'report.html'))).mode & 0o777).toBe(0o600);
  }
});

test('report works again on a folder that has a report, and elsewhere with --html', async () => {
  await cli(['report', 'pass']);
  const first = await readFile(join(folder, 'pass', 'report.html'), 'utf8');
  expect((await cli(['report', 'pass', '--html', 'elsewhere.html'])).exitCode).toBe(0);
  expect(await readFile(join(folder, 'elsewhere.html'), 'utf8')).toBe(first);
});

test('report --json is the manifest, of a killed run with what its timeline tells', async () => {
  const { stdout } = await cli(['report', 'killed', '--json']);
  expect(JSON.parse(stdout)).toMatchObject({
    status: 'interrupted',
    verdict: 'inconclusive',
    participants: { joined: 24 },
  });
});

test('report --quiet is the verdict and the path', async () => {
  const { stdout } = await cli(['--quiet', 'report', 'fail']);
  expect(stdout).toBe('FAIL two-rooms: The gate max(bridge.stress) < 0.8 failed.\nfail/report.html\n');
});

test('in GitHub Actions annotations are printed and the summary is appended', async () => {
  const summary = join(folder, 'summary.md');
  await writeFile(summary, 'before\n');
  const { stdout } = await cli(['gate', 'fail'], { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: summary });
  expect(stdout).toContain(
    '::error title=rtc-bench%3A gate failed,file=scenarios/two-rooms.yaml,line=1,col=1::max(bridge.stress) < 0.8 failed',
  );
  expect(await readFile(summary, 'utf8')).toMatch(/^before\n## FAIL: two-rooms\n/);
});

test('gate exits with the verdict of the run’s own gates', async () => {
  expect((await cli(['gate', 'pass'])).exitCode).toBe(0);
  expect((await cli(['gate', 'fail'])).exitCode).toBe(99);
  expect((await cli(['gate', 'killed'])).exitCode).toBe(4);
});

test('gate judges by other gates, in the window asked for', async () => {
  const judged = async (...args: string[]) => (await cli(['gate', 'pass', '--gate', ...args])).exitCode;
  expect(await judged('max(bridge.stress) < 1')).toBe(0);
  expect(await judged('max(bridge.stress) < 0.1')).toBe(99);
  expect(await judged('max(bridge.stress) < 1', '--gate', 'max(bridge.stress) < 0.1')).toBe(99);
  expect(await judged('max(track.one_way_delay_ms) < 10')).toBe(4);
  // Everybody joined before the steady window.
  expect(await judged('p95(participant.join_ms) < 3000')).toBe(4);
  expect(await judged('p95(participant.join_ms) < 3000', '--window', 'all')).toBe(0);
  expect(await judged('count(participant.join_ms) > 0', '--window', 'ramp')).toBe(0);
});

test('gate finds a room by its name or its id', async () => {
  for (const room of ['r002', '"=cmd()"']) {
    const { exitCode, stdout } = await cli([
      'gate',
      'pass',
      '--json',
      '--gate',
      `p95(participant.rtt_ms{room=${room}}) < 50`,
    ]);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout).gates[0].samples).toBeGreaterThan(100);
  }
});

test('a killed run can be judged by gates, but never passes', async () => {
  const { exitCode, stdout } = await cli(['gate', 'killed', '--gate', 'max(bridge.stress) < 1', '--json']);
  expect(exitCode).toBe(4);
  expect(JSON.parse(stdout).gates[0].outcome).toBe('passed');
});

test('a gate that is not spelled right exits 2 and points at the place', async () => {
  const { exitCode, stderr } = await cli(['gate', 'pass', '--gate', 'max(bridge.stres) < 1']);
  expect(exitCode).toBe(2);
  expect(stderr).toContain('unknown metric "bridge.stres"\n  max(bridge.stres) < 1\n      ^^^^^^^^^^^^');
  expect(stderr).toContain('bridge.stress');
});

test('compare exits 99 when it got worse, and writes the page', async () => {
  const { exitCode, stdout } = await cli(['compare', 'pass', 'fail']);
  expect(exitCode).toBe(99);
  expect(stdout).toContain('WORSE');
  expect(await readFile(join(folder, 'fail', 'compare.html'), 'utf8')).toContain(
    'Stress of the highest bridge',
  );
  expect((await cli(['compare', 'pass', 'pass', '--html', 'same.html'])).exitCode).toBe(0);
});

test('compare refuses runs that are not alike, unless it is forced to', async () => {
  await cp(join(folder, 'pass'), join(folder, 'other'), { recursive: true });
  const path = join(folder, 'other', 'manifest.json');
  await writeFile(path, (await readFile(path, 'utf8')).replace(/"sha256": "[^"]+"/, '"sha256": "0"'));
  const { exitCode, stderr } = await cli(['compare', 'pass', 'other']);
  expect(exitCode).toBe(2);
  expect(stderr).toContain('was changed between the runs');
  expect((await cli(['compare', 'pass', 'other', '--force'])).exitCode).toBe(0);
});

test('compare --json tells every quantity', async () => {
  const { stdout } = await cli(['compare', 'pass', 'fail', '--json', '--max-regression', '0.05']);
  const document = JSON.parse(stdout);
  expect(document).toMatchObject({
    before: 'pass',
    after: 'fail',
    verdict: 'fail',
    exitCode: 99,
    maxRegression: 0.05,
  });
  expect(document.quantities.length).toBeGreaterThan(10);
});

test('a share that is none, a folder that is no run, a page that cannot be written: each its code', async () => {
  expect((await cli(['compare', 'pass', 'fail', '--max-regression', 'much'])).exitCode).toBe(2);
  expect((await cli(['report', 'nowhere'])).exitCode).toBe(2);
  expect((await cli(['report', 'pass', '--html', 'no/such/folder/x.html'])).exitCode).toBe(3);
});

test('the run that is kept in the repository can still be reported and judged', async () => {
  const sample = fileURLToPath(new URL('../../reports/sample', import.meta.url));
  const { exitCode, stdout } = await cli(['report', sample, '--html', 'sample.html']);
  expect(exitCode).toBe(0);
  expect(stdout).toContain('PASS');
  expect((await cli(['gate', sample])).exitCode).toBe(0);
});
