import { describe, expect, it } from 'vitest';
import { UNKNOWN_TOTALS } from '../../src/probe/iperf/run.ts';
import { formatBitrate, formatBytes, formatMs, formatPercent } from '../../src/probe/output/format.ts';
import { sectionPage } from '../../src/probe/output/html.ts';
import { probeSection } from '../../src/probe/output/report-section.ts';
import { barChart, lineChart } from '../../src/probe/output/svg.ts';
import { intervalLine, resultTable } from '../../src/probe/output/table.ts';
import { parseServer } from '../../src/probe/server-address.ts';
import { probeResult } from './result.ts';

it.each([
  [formatBitrate(48.2e6), '48.2 Mbit/s'],
  [formatBitrate(999), '999 bit/s'],
  [formatBitrate(2.4e9), '2.40 Gbit/s'],
  [formatBitrate(null), '-'],
  [formatPercent(0), '0 %'],
  [formatPercent(0.000023), '0.0023 %'],
  [formatPercent(0.5), '50.0 %'],
  [formatMs(0.0123), '0.012 ms'],
  [formatBytes(212_992), '208 KiB'],
  [formatBytes(4_194_304), '4.00 MiB'],
])('%s', (text, expected) => {
  expect(text).toBe(expected);
});

describe('tables', () => {
  it('print - for what is unknown, never 0', () => {
    const table = resultTable(probeResult({ warnings: ['careful\u001b[31m'] }));
    expect(table).toMatch(/throughput +- +-/);
    expect(table).toMatch(/loss +- +- of -/);
    expect(table).toContain('! careful\\u{1b}[31m');
  });

  it('fit a second on a line', () => {
    const { durationMs: _, ...unknown } = UNKNOWN_TOTALS;
    const line = intervalLine({
      ...unknown,
      startMs: 0,
      endMs: 1000,
      packetRatePps: 50_000,
      throughputBps: 40e6,
      lossRatio: 0.01,
      jitterMs: 0.5,
    });
    expect(line).toBe('  1.0 s  50,000 packets/s   40.0 Mbit/s   loss 1.00 %   jitter 0.50 ms');
  });
});

describe('report section', () => {
  it('has whole charts without a script, even of nothing', () => {
    const { charts } = probeSection(probeResult());
    for (const chart of charts) expect(chart).toMatch(/^<svg [\s\S]*<\/svg>$/);
    expect(charts.join('')).not.toContain('<script');
  });
});

it('makes a page of a section that loads and runs nothing', () => {
  const page = sectionPage(
    { ...probeSection(probeResult()), title: '<img src=x onerror=1>', warnings: ['<b>'] },
    'now',
  );
  expect(page).toMatch(/^<!doctype html>/);
  expect(page).not.toMatch(/<script|<img|<b>|https?:\/\/(?!www\.w3\.org)/);
  expect(page).toContain('<svg');
});

describe('charts', () => {
  it('escape every text that comes from outside', () => {
    const evil = '</text><script>alert(1)</script>';
    const bars = barChart(evil, [{ label: evil, value: 1, text: evil }]);
    const lines = lineChart(evil, [{ label: evil, points: [[1, 2]] }], {
      xLabel: evil,
      formatX: () => evil,
      formatY: () => evil,
    });
    for (const svg of [bars, lines]) {
      expect(svg).not.toContain('<script');
      expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    }
  });

  it('draw a log axis from 1 and a flat line without dividing by nothing', () => {
    const svg = lineChart(
      't',
      [
        {
          label: 'l',
          points: [
            [0, 0],
            [0, 0],
          ],
        },
      ],
      { xLabel: 'x', formatX: String, formatY: String, isLogX: true },
    );
    expect(svg).not.toMatch(/NaN|Infinity/);
  });
});

it.each([
  ['10.0.0.5:1234', { host: '10.0.0.5', port: 1234 }],
  ['example.org', { host: 'example.org', port: 45_678 }],
  ['[::1]:5000', { host: '::1', port: 5000 }],
  ['[::1]', { host: '::1', port: 45_678 }],
])('the address %s', (text, expected) => {
  expect(parseServer(text, 'builtin')).toEqual(expected);
});

it.each(['', ':1', 'a:b', 'a:0', 'a:70000', '::1:5'])('refuses the address %j', (text) => {
  expect(() => parseServer(text, 'iperf3')).toThrow(expect.objectContaining({ exitCode: 2 }));
});
