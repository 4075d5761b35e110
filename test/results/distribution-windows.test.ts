import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DistributionStore } from '../../src/results/distribution-store.ts';
import { DistributionWindows, windowLengthMs } from '../../src/results/distribution-windows.ts';
import type { DistributionRecord } from '../../src/results/records.ts';
import { Distribution } from '../../src/stats/distribution.ts';

const observation = fc.record({
  afterMs: fc.nat(30_000),
  value: fc.double({ min: 0, max: 1e6, noNaN: true }),
  room: fc.constantFrom('r1', 'r2', undefined),
  engine: fc.constantFrom('browser', 'synthetic'),
  newStage: fc.boolean(),
});

test('windows merged again tell what all observations together tell', () => {
  fc.assert(
    fc.property(fc.array(observation, { minLength: 1, maxLength: 200 }), (observations) => {
      const records: DistributionRecord[] = [];
      const windows = new DistributionWindows(10_000, (record) =>
        records.push(JSON.parse(JSON.stringify(record))),
      );
      const all = new Distribution();
      const inRoom = new Distribution();
      let tMs = 0;
      for (const { afterMs, value, room, engine, newStage } of observations) {
        tMs += afterMs;
        if (newStage) windows.startStage(`stage ${tMs}`, tMs % 2 === 0, tMs);
        else windows.advance(tMs);
        windows.observe('track.jitter_ms', { engine, ...(room === undefined ? {} : { room }) }, value);
        all.add(value);
        if (room === 'r1') inRoom.add(value);
      }
      windows.close(tMs + 1);
      const store = new DistributionStore();
      for (const record of records) store.add(record);
      const answer = store.query('track.jitter_ms', {}, 'all');
      expect(answer.count).toBe(all.count);
      expect(answer.sum).toBeCloseTo(all.sum, -1);
      for (const quantile of [0.5, 0.95]) {
        const [a, b] = [answer.quantile(quantile), all.quantile(quantile)];
        if (a === null || b === null) expect(a).toBe(b);
        else expect(Math.abs(a - b)).toBeLessThanOrEqual(0.011 * b + 1e-6);
      }
      expect(store.query('track.jitter_ms', { room: 'r1' }, 'all').count).toBe(inRoom.count);
      const engines = ['browser', 'synthetic'].map(
        (engine) => store.query('track.jitter_ms', { engine }, 'all').count,
      );
      expect(engines.reduce((sum, count) => sum + count)).toBe(all.count);
      const parts = (['steady', 'all'] as const).map(
        (window) => store.query('track.jitter_ms', {}, window).count,
      );
      expect(parts[0]).toBeLessThanOrEqual(parts[1] ?? 0);
      for (const record of records) expect(record.endMs).toBeGreaterThanOrEqual(record.startMs);
    }),
    { numRuns: 100 },
  );
});

test('windows are ten seconds, and a sixtieth of a long run', () => {
  expect([60_000, 600_000, 3_600_000, 86_400_000].map(windowLengthMs)).toEqual([
    10_000, 10_000, 60_000, 1_440_000,
  ]);
});
