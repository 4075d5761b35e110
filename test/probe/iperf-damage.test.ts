import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RtcBenchError } from '../../src/errors.ts';
import { parseIperf, resultOfIperf } from '../../src/probe/import.ts';
import type { IperfRun } from '../../src/probe/iperf/run.ts';
import type { ProbeTotals } from '../../src/probe/types.ts';

const FOLDER = new URL('./fixtures/', import.meta.url);
const NAMES = readdirSync(FOLDER);
const fixture = (name: string) => readFileSync(new URL(name, FOLDER), 'utf8');

/** What was made of a text: a run, or the error that says what to do. Anything else thrown fails the test. */
function read(text: string): IperfRun | RtcBenchError {
  try {
    return parseIperf(text);
  } catch (error) {
    if (!(error instanceof RtcBenchError)) throw error;
    expect(error.code).toMatch(/^RTCB_IPERF_(FAILED|UNREADABLE)$/);
    expect([2, 3]).toContain(error.exitCode);
    expect(error.hint).not.toBe('');
    return error;
  }
}

/** Figures that can be: finite, none below zero, no more lost than there was. */
function expectPossible(run: IperfRun): void {
  const result = resultOfIperf(run, { label: null, sessionBitrateBps: 40_000, fallbackCreatedAt: '' });
  const numbersOf = (value: unknown): number[] =>
    typeof value === 'number'
      ? [value]
      : value !== null && typeof value === 'object'
        ? Object.values(value).flatMap(numbersOf)
        : [];
  for (const value of numbersOf(result)) {
    expect(Number.isFinite(value)).toBe(true);
    expect(value).toBeGreaterThanOrEqual(0);
  }
  for (const { lossRatio } of [run.total, ...(run.reverse === null ? [] : [run.reverse]), ...run.intervals])
    if (lossRatio !== null) expect(lossRatio).toBeLessThanOrEqual(1);
}

const isWarned = ({ warnings, total }: IperfRun) =>
  total.throughputBps === null ||
  warnings.some((text) => /ends before|left out|not whole|other direction|error/.test(text));

/** iperf2 tells of late datagrams in a line of its own, and only when there were some. */
const withoutLate = (totals: ProbeTotals | null) => totals && { ...totals, outOfOrderPackets: null };

/** One row a stream: a run of one interval looks the same. */
const isShorterRun = (text: string) => {
  const rows = [...text.matchAll(/^\[\s*(\*?\d+)\].*sec.*bits\/sec/gm)].map(([, id]) => id);
  return text.includes('Server listening') && new Set(rows).size === rows.length;
};

describe('an output that was cut', () => {
  it.each(NAMES)('%s is read whole, or said to be cut, wherever that was', (name) => {
    const text = fixture(name);
    const whole = read(text);
    // Every place of a short one; of a long one several hundred.
    const step = Math.max(1, Math.floor(text.length / 800));
    for (let end = 0; end < text.length; end += step) {
      const cut = text.slice(0, end);
      const run = read(cut);
      if (run instanceof RtcBenchError) continue;
      if (whole instanceof RtcBenchError) throw new Error(`at ${end}: a run that failed was taken for good`);
      expectPossible(run);
      if (isWarned(run) || isShorterRun(cut)) continue;
      const figures = [withoutLate(run.total), withoutLate(run.reverse)];
      expect(figures, `cut at ${end}`).toEqual([withoutLate(whole.total), withoutLate(whole.reverse)]);
    }
  });
});

const place = fc.double({ min: 0, max: 0.999_999, noNaN: true });
const damage = fc.oneof(
  fc.record({ kind: fc.constant('digit' as const), at: place, to: fc.integer({ min: 0, max: 9 }) }),
  fc.record({ kind: fc.constant('byte' as const), at: place, to: fc.integer({ min: 0, max: 255 }) }),
  fc.record({ kind: fc.constant('lose' as const), at: place, to: fc.integer({ min: 1, max: 200 }) }),
  fc.record({ kind: fc.constant('twice' as const), at: place, to: fc.integer({ min: 1, max: 400 }) }),
  fc.record({
    kind: fc.constant('value' as const),
    at: place,
    to: fc.constantFrom('null', '-1', '1e999', '-0.5', '"many"', '{}', '[]', 'true', '99999999999999999999'),
  }),
);

function damaged(
  text: string,
  { kind, at, to }: typeof damage extends fc.Arbitrary<infer T> ? T : never,
): string {
  const spot = Math.floor(at * text.length);
  switch (kind) {
    case 'byte':
      return `${text.slice(0, spot)}${String.fromCharCode(to)}${text.slice(spot + 1)}`;
    case 'lose':
      return text.slice(0, spot) + text.slice(spot + to);
    case 'twice':
      return text.slice(0, spot + to) + text.slice(spot);
    case 'digit':
    case 'value': {
      const pattern = kind === 'digit' ? /\d/g : /-?\d+(?:\.\d+)?(?:e[+-]?\d+)?/gi;
      const spots = [...text.matchAll(pattern)];
      const found = spots[Math.floor(at * spots.length)];
      return found === undefined
        ? text
        : `${text.slice(0, found.index)}${to}${text.slice(found.index + found[0].length)}`;
    }
  }
}

describe('an output that was damaged', () => {
  it.each(NAMES)('%s gives figures that can be, or an error that says what to do', (name) => {
    const text = fixture(name);
    fc.assert(
      fc.property(fc.array(damage, { minLength: 1, maxLength: 4 }), (blows) => {
        const run = read(blows.reduce(damaged, text));
        if (!(run instanceof RtcBenchError)) expectPossible(run);
      }),
      { numRuns: 60 },
    );
  });

  it('is no iperf output when it is anything else', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ maxLength: 500 }), fc.json()), (text) => {
        expect(read(text)).toBeInstanceOf(RtcBenchError);
      }),
    );
  });
});
