import { beforeAll, expect, test } from 'vitest';
import { compareRuns } from '../../src/reports/compare/compare.ts';
import { renderComparisonPage } from '../../src/reports/compare/page.ts';
import { HtmlReporter } from '../../src/reports/html/reporter.ts';
import type { RunReport } from '../../src/reports/model/types.ts';
import { secondsCsv, secondsOf } from '../../src/reports/seconds.ts';
import { withFolder } from '../support/cli.ts';
import { PASSING, recorded } from './runs.ts';

const reports: RunReport[] = [];
beforeAll(() =>
  withFolder(async (folder) => {
    reports.push(await recorded(folder, { ...PASSING, bridges: 1 }, 'run'));
  }),
);

function report(): RunReport {
  const [first] = reports;
  if (first === undefined) throw new Error('no report');
  return first;
}

/** One more received track a second, as in scenarios/leg-ramp.yaml. */
function growing(): RunReport {
  return {
    ...report(),
    bridges: report().bridges.map((bridge) => ({ ...bridge, consumers: bridge.tMs.map((_, i) => i) })),
  };
}

test('seconds.csv has load, CPU and delay of each second beside each other', () => {
  const [header, ...rows] = secondsCsv(report()).trim().split('\n');
  expect(header).toBe(
    't_s,stage,steady,participants,consumers,packet_rate_pps,stress,bridge_cpu_percent,delay_p50_ms,delay_p95_ms,loss_p95_ratio',
  );
  const { quality, bridges } = report();
  expect(rows).toHaveLength(quality.tMs.length);
  const [bridge] = bridges;
  const last = secondsOf(report()).at(-1);
  expect(last).toMatchObject({
    tMs: quality.tMs.at(-1),
    participants: quality.joined.at(-1),
    consumers: bridge?.consumers.at(-1),
    packetRatePps: bridge?.packetRatePps.at(-1),
    cpuRatio: bridge?.cpuRatio.at(-1),
    delayP95Ms: quality.oneWayDelayMs.p95.at(-1),
  });
  expect(last?.cpuRatio).toBeGreaterThan(0);
});

test('what one of several bridges did not tell is empty, not a smaller sum', () => {
  const [bridge] = report().bridges;
  if (bridge === undefined) throw new Error('no bridge');
  const silent = { ...bridge, id: 'silent', cpuRatio: bridge.tMs.map(() => null) };
  const seconds = secondsOf({ ...report(), bridges: [bridge, silent] });
  expect(seconds.at(-1)).toMatchObject({ cpuRatio: null, consumers: 2 * (bridge.consumers.at(-1) ?? 0) });
});

test('a run whose load grows while it is judged shows cost over load; two are laid over each other', async () => {
  const reporter = await HtmlReporter.create();
  expect(reporter.render(report())).not.toContain('As receivers grow');
  const page = reporter.render(growing());
  expect(page).toContain('As receivers grow');
  const steady = secondsOf(growing()).filter(({ steady, cpuRatio }) => steady && cpuRatio !== null);
  const cpu = /id="g-cpu"[\s\S]*?<\/figure>/.exec(page)?.[0] ?? '';
  expect(cpu.match(/<use href="#dot-first" x="[\d.]+%"/g)).toHaveLength(steady.length);
  const both = renderComparisonPage(compareRuns(growing(), growing(), 0.1), null);
  const overlaid = /id="g-cpu"[\s\S]*?<\/figure>/.exec(both)?.[0] ?? '';
  expect(overlaid.match(/<use href="#dot-second" x="[\d.]+%"/g)).toHaveLength(steady.length);
  expect(renderComparisonPage(compareRuns(report(), growing(), 0.1), null)).not.toContain(
    'As receivers grow',
  );
});
