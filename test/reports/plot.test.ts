import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LineData } from '../../src/reports/html/chart/encode.ts';
import { clockTime, linePath, timeTicks } from '../../src/reports/html/chart/plot.ts';
import { niceScale } from '../../src/reports/html/chart/scale.ts';
import { decodeLines } from '../../src/reports/html/page/decode.ts';

/** The points of a path, and how many strokes it has. */
function points(path: string): { x: number; y: number }[] {
  const found: { x: number; y: number }[] = [];
  for (const stroke of path.split('M').slice(1)) {
    const [x = 0, y = 0, ...moves] = (stroke.match(/-?\d+/g) ?? []).map(Number);
    let at = { x, y };
    found.push(at);
    // The first move is a stroke of no length, so that a single point is seen.
    for (let i = 2; i < moves.length; i += 2) {
      at = { x: at.x + (moves[i] ?? 0), y: at.y + (moves[i + 1] ?? 0) };
      found.push(at);
    }
  }
  return found;
}

const area = { startMs: 0, endMs: 3_600_000, low: 0, high: 10 };
const seconds = Array.from({ length: 3600 }, (_, i) => i * 1000);

test('a peak of one second is seen in an hour, and so is a dip', () => {
  const values = seconds.map((_, i) => (i === 1234 ? 10 : i === 2345 ? 0 : 5));
  const drawn = points(linePath(seconds, values, area, 300));
  expect(Math.min(...drawn.map(({ y }) => y))).toBe(0);
  expect(Math.max(...drawn.map(({ y }) => y))).toBe(1000);
  expect(drawn.length).toBeLessThanOrEqual(600);
});

test('extremes are kept, time goes on, and nothing is drawn that was not measured', () => {
  fc.assert(
    fc.property(
      fc.array(fc.option(fc.double({ min: 0, max: 10, noNaN: true }), { freq: 5 }), {
        minLength: 1,
        maxLength: 400,
      }),
      fc.integer({ min: 1, max: 100 }),
      (values, columns) => {
        const tMs = values.map((_, i) => i * 9000);
        const drawn = points(linePath(tMs, values, area, columns));
        const present = values.filter((value) => value !== null);
        expect(drawn.length === 0).toBe(present.length === 0);
        if (present.length === 0) return;
        const height = (value: number) => Math.round(1000 - value * 100);
        expect(Math.min(...drawn.map(({ y }) => y))).toBe(height(Math.max(...present)));
        expect(Math.max(...drawn.map(({ y }) => y))).toBe(height(Math.min(...present)));
        for (const [i, point] of drawn.entries())
          expect(point.x).toBeGreaterThanOrEqual(drawn[i - 1]?.x ?? 0);
        expect(drawn.length).toBeLessThanOrEqual(present.length);
      },
    ),
  );
});

test('a gap in what was measured is a gap in the line', () => {
  const path = linePath([0, 1000, 2000, 3000], [1, null, 2, 3], { ...area, endMs: 3000 }, 100);
  expect(path.match(/M/g)).toHaveLength(2);
});

test('nothing measured or no time passed is no line', () => {
  expect(linePath([], [], area, 10)).toBe('');
  expect(linePath([0], [1], { ...area, endMs: 0 }, 10)).toBe('');
});

test('what the page’s script reads is what was written, in order, gaps and all', async () => {
  const line = fc
    .array(fc.tuple(fc.nat(100_000), fc.option(fc.double({ min: 0, max: 1e6, noNaN: true }))), {
      maxLength: 300,
    })
    .map((pairs) => {
      let t = 0;
      const tMs = pairs.map(([step]) => {
        t += step;
        return t;
      });
      return { tMs, values: pairs.map(([, value]) => value) };
    });
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 4 }), async (lines) => {
      const data = new LineData();
      const steps = lines.map(({ tMs, values }) => data.add(tMs, values).step);
      const read = await decodeLines(data.toBase64(), steps);
      expect(read).toHaveLength(lines.length);
      for (const [i, { tMs, values }] of lines.entries()) {
        expect(read[i]?.values.map((value) => value === null)).toEqual(values.map((value) => value === null));
        const most = Math.max(0, ...values.map((value) => value ?? 0));
        for (const [j, value] of values.entries()) {
          expect(Math.abs((read[i]?.values[j] ?? 0) - (value ?? 0))).toBeLessThanOrEqual(
            most / 7900 + 1e-300,
          );
          expect(Math.abs((read[i]?.tMs[j] ?? 0) - (tMs[j] ?? 0))).toBeLessThanOrEqual(50);
        }
      }
    }),
    { numRuns: 50 },
  );
});

test('a long line is thinned for the script, its peaks kept', async () => {
  const day = Array.from({ length: 86_400 }, (_, i) => i * 1000);
  const data = new LineData();
  const { step } = data.add(
    day,
    day.map((_, i) => (i === 50_001 ? 100 : 1)),
  );
  const [line] = await decodeLines(data.toBase64(), [step]);
  expect(line?.values.length).toBeLessThanOrEqual(1800);
  expect(Math.max(...(line?.values ?? []).map((value) => value ?? 0))).toBe(100);
});

test('axes begin at zero, end above the data, and count in round steps', () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-6, max: 1e9, noNaN: true }), (high) => {
      const scale = niceScale(high);
      expect(scale.ticks[0]).toBe(0);
      expect(scale.high).toBeGreaterThan(high);
      expect(scale.high).toBeLessThan(high * 2.1);
      expect(scale.ticks.length).toBeLessThanOrEqual(7);
    }),
  );
});

test('times are marked where a person would mark them', () => {
  expect(timeTicks(0, 90_000, 8).map(clockTime)).toEqual([
    '0:00',
    '0:15',
    '0:30',
    '0:45',
    '1:00',
    '1:15',
    '1:30',
  ]);
  expect(timeTicks(0, 3_600_000, 8).map(clockTime)).toEqual([
    '0:00',
    '10:00',
    '20:00',
    '30:00',
    '40:00',
    '50:00',
    '1:00:00',
  ]);
});
