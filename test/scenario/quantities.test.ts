import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDuration, parseBytes, parseDurationMs } from '../../src/scenario/quantities.ts';

describe('durations', () => {
  it.each([
    ['500ms', 500],
    ['30s', 30_000],
    ['1m30s', 90_000],
    ['1h 5m', 3_900_000],
    ['1.5s', 1500],
    ['45', 45_000],
    [2.5, 2500],
    [0, 0],
  ])('%s', (text, ms) => {
    expect(parseDurationMs(text)).toBe(ms);
  });

  it.each(['', 's', '3x', '-3s', '1m-3s', '3s3', 'NaN', '1e9s', -1, Number.NaN, Number.POSITIVE_INFINITY])(
    '%s is none',
    (text) => {
      expect(parseDurationMs(text)).toBeNull();
    },
  );

  it('are shown so that they read back', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 86_400 }), (seconds) => {
        expect(parseDurationMs(formatDuration(seconds * 1000) || '0s')).toBe(seconds * 1000);
      }),
    );
  });
});

describe('sizes', () => {
  it.each([
    ['262144', 262_144],
    ['256KiB', 262_144],
    ['4 MiB', 4_194_304],
    ['512kB', 512_000],
    [4096, 4096],
  ])('%s', (text, bytes) => {
    expect(parseBytes(text)).toBe(bytes);
  });

  it.each(['', '4GiBs', 'x', '-4', -1, 1.5, '4bk'])('%s is none', (text) => {
    expect(parseBytes(text)).toBeNull();
  });
});
