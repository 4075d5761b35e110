import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { compareRuns, unlikeness } from '../../src/reports/compare/compare.ts';
import { renderComparisonPage } from '../../src/reports/compare/page.ts';
import {
  blockMeans,
  cliffsDelta,
  differenceInterval,
  effectName,
  mean,
} from '../../src/reports/compare/statistics.ts';
import type { RunReport } from '../../src/reports/model/types.ts';
import { withFolder } from '../support/cli.ts';
import { FAILING, KILLED, PASSING, recorded } from './runs.ts';

const runs: Record<'pass' | 'again' | 'slow' | 'killed', RunReport | null> = {
  pass: null,
  again: null,
  slow: null,
  killed: null,
};
beforeAll(() =>
  withFolder(async (folder) => {
    runs.pass = await recorded(folder, PASSING, 'pass');
    runs.again = await recorded(folder, { ...PASSING, seed: 11 }, 'again');
    runs.slow = await recorded(folder, { ...FAILING, bridges: 2, death: null }, 'slow');
    runs.killed = await recorded(folder, KILLED, 'killed');
  }),
);

function run(name: keyof typeof runs): RunReport {
  const report = runs[name];
  if (report === null) throw new Error(`no run ${name}`);
  return report;
}

const change = (before: RunReport, after: RunReport, id: string) =>
  compareRuns(before, after, 0.1).quantities.find((quantity) => quantity.id === id);

test('a run is not worse than itself', () => {
  const comparison = compareRuns(run('pass'), run('pass'), 0);
  expect(comparison).toMatchObject({ verdict: 'pass', exitCode: 0, differences: [] });
  for (const quantity of comparison.quantities) {
    expect(quantity.effect).toBe(0);
    expect(['same', 'told']).toContain(quantity.change);
    expect(quantity.interval?.[0] ?? 0).toBeLessThanOrEqual(0);
    expect(quantity.interval?.[1] ?? 0).toBeGreaterThanOrEqual(0);
  }
});

test('two runs that differ by chance only are not worse', () => {
  expect(compareRuns(run('pass'), run('again'), 0.1).exitCode).toBe(0);
});

test('a run under strain is worse, by what got worse', () => {
  const comparison = compareRuns(run('pass'), run('slow'), 0.1);
  expect(comparison).toMatchObject({ verdict: 'fail', exitCode: 99 });
  for (const id of ['stress', 'rtt_p95', 'jitter_p95', 'loss_p95', 'fps_p50'])
    expect(change(run('pass'), run('slow'), id), id).toMatchObject({ change: 'worse', effectName: 'large' });
  expect(comparison.because).toContain('Round-trip time, p95');
});

test('what is worse one way round is better the other way round', () => {
  const comparison = compareRuns(run('slow'), run('pass'), 0.1);
  expect(comparison.exitCode).toBe(0);
  expect(change(run('slow'), run('pass'), 'rtt_p95')?.change).toBe('better');
});

test('a run that did not end is no ground for a verdict', () => {
  expect(compareRuns(run('pass'), run('killed'), 0.1)).toMatchObject({
    verdict: 'inconclusive',
    exitCode: 4,
  });
  expect(compareRuns(run('killed'), run('pass'), 0.1)).toMatchObject({
    verdict: 'inconclusive',
    exitCode: 4,
  });
});

test('a change that too few blocks cannot prove is unclear, and exits 4', () => {
  const short = (report: RunReport): RunReport => ({
    ...report,
    stages: report.stages.map((stage) => (stage.steady ? { ...stage, endMs: stage.startMs + 3000 } : stage)),
    participants: report.participants.slice(0, 2),
  });
  const comparison = compareRuns(short(run('pass')), short(run('slow')), 0.1);
  expect(comparison).toMatchObject({ verdict: 'inconclusive', exitCode: 4 });
});

test('runs of different scenarios, seeds or targets are not alike', () => {
  const { manifest } = run('pass');
  const other = (patch: object): RunReport => ({ ...run('pass'), manifest: { ...manifest, ...patch } });
  expect(unlikeness(run('pass'), run('again'))).toEqual([]);
  expect(unlikeness(run('pass'), other({ scenario: { ...manifest.scenario, sha256: 'b' } }))).toHaveLength(1);
  expect(unlikeness(run('pass'), other({ seed: 8 }))).toEqual(['the seeds differ: 7 and 8']);
  expect(unlikeness(run('pass'), other({ target: { kind: 'janus', notOffered: [] } }))).toHaveLength(1);
});

test('other versions and hosts are named', () => {
  const { manifest } = run('pass');
  const other = {
    ...run('pass'),
    manifest: { ...manifest, versions: { ...manifest.versions, mediasoup: '3.28.0' } },
  };
  expect(compareRuns(run('pass'), other, 0.1).differences).toEqual(['version of mediasoup: 3.27.1 → 3.28.0']);
});

test('the page lays both runs over each other and needs nothing else', () => {
  const page = renderComparisonPage(compareRuns(run('pass'), run('slow'), 0.1), null);
  expect(page.match(/<figure/g)?.length).toBe(9);
  expect(page.match(/before <output>/g)?.length).toBe(9);
  expect(page.match(/after <output>/g)?.length).toBe(9);
  expect(page.length).toBeLessThan(500_000);
});

const values = fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { minLength: 1, maxLength: 40 });

test('Cliff’s delta is what counting every pair gives, and turns its sign with its sides', () => {
  fc.assert(
    fc.property(values, values, (a, b) => {
      let score = 0;
      for (const x of a) for (const y of b) score += Math.sign(y - x);
      expect(cliffsDelta(a, b)).toBeCloseTo(score / (a.length * b.length), 12);
      expect(cliffsDelta(b, a)).toBeCloseTo(-score / (a.length * b.length), 12);
    }),
  );
  expect([0, 0.2, -0.4, 0.9, null].map(effectName)).toEqual(['negligible', 'small', 'medium', 'large', '–']);
});

test('the interval holds a known difference as often as it says', () => {
  // Sums of twelve uniform numbers: near to normal, with a seed of the test's own.
  let state = 42;
  const uniform = () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const sample = (center: number) =>
    Array.from(
      { length: 30 },
      () => center + Array.from({ length: 12 }, uniform).reduce((sum, value) => sum + value) - 6,
    );
  let held = 0;
  for (let i = 0; i < 100; i += 1) {
    const [low, high] = differenceInterval(sample(10), sample(11)) ?? [0, 0];
    if (low <= 1 && 1 <= high) held += 1;
  }
  expect(held).toBeGreaterThanOrEqual(87);
});

test('too few values tell no interval', () => {
  expect(differenceInterval([1, 2, 3, 4], [1, 2, 3, 4, 5])).toBeNull();
});

test('blocks are means of ten seconds of steady readings, or of a twelfth of few; what is missing is left out', () => {
  const tMs = Array.from({ length: 400 }, (_, i) => i * 1000);
  const values = tMs.map((t) => (t === 112_000 ? null : t / 1000));
  const means = blockMeans(tMs, values, (t) => t >= 100_000 && t < 300_000);
  expect(means).toHaveLength(20);
  expect(means[0]).toBe(mean([100, 101, 102, 103, 104, 105, 106, 107, 108, 109]));
  expect(means[1]).toBe(mean([110, 111, 113, 114, 115, 116, 117, 118, 119]));
  expect(blockMeans(tMs, values, (t) => t < 25_000)).toHaveLength(13);
  expect(blockMeans(tMs, values, (t) => t < 4000)).toEqual([0, 1, 2, 3]);
});
