import { expect, test } from 'vitest';
import {
  formatBitrate,
  formatBytes,
  formatCommand,
  formatCount,
  formatDuration,
  formatMetric,
  formatNumber,
  formatRatio,
  formatStress,
  formatTime,
} from '../../src/reports/format.ts';

test('what is missing is a dash, never a zero', () => {
  for (const format of [formatNumber, formatRatio, formatStress, formatBytes, formatBitrate, formatCount]) {
    expect(format(null)).toBe('–');
    expect(format(Number.NaN)).toBe('–');
    expect(format(0)).not.toBe('–');
  }
});

test('numbers have three digits that mean something', () => {
  expect([0, 0.00012, 0.0456, 0.5, 1, 1.234, 12.34, 123.45, 1234.5, 12345.6, -2.5].map(formatNumber)).toEqual(
    ['0', '1.2e-4', '0.0456', '0.5', '1', '1.23', '12.3', '123.5', '1,235', '12,346', '-2.5'],
  );
});

test('shares are percents', () => {
  expect([0, 0.000001, 0.0005, 0.0123, 0.5, 1.25, -0.0056].map(formatRatio)).toEqual([
    '0 %',
    '<0.001 %',
    '0.05 %',
    '1.23 %',
    '50 %',
    '125 %',
    '-0.56 %',
  ]);
});

test('bytes and bits are scaled by thousands', () => {
  expect([999, 1000, 123_456, 7_890_000_000].map(formatBytes)).toEqual([
    '999 B',
    '1 kB',
    '123 kB',
    '7.89 GB',
  ]);
  expect(formatBitrate(2_500_000)).toBe('2.5 Mbit/s');
});

test('times are as on a clock, durations in words', () => {
  expect([0, 7400, 760_000, 3_723_000].map(formatTime)).toEqual(['0:00', '0:07', '12:40', '1:02:03']);
  expect([900, 65_000, 3_600_000].map(formatDuration)).toEqual(['1 s', '1 min 05 s', '1 h 00 min']);
});

test('metrics carry their units', () => {
  expect(formatMetric(0.01, 'ratio')).toBe('1 %');
  expect(formatMetric(12.5, 'ms')).toBe('12.5 ms');
  expect(formatMetric(29.97, '1/s')).toBe('30 fps');
  expect(formatMetric(12_345, 'packets/s')).toBe('12,345 pps');
  expect(formatMetric(null, 'ms')).toBe('–');
});

test('a command can be typed as it is shown', () => {
  expect(formatCommand(['rtc-bench', 'run', 'my file.yaml', '--seed', '7', "it's"])).toBe(
    "rtc-bench run 'my file.yaml' --seed 7 'it'\\''s'",
  );
});
