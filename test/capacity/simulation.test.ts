import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byMinute, MINUTES_A_DAY, syntheticDay } from '../../src/capacity/day.ts';
import { parsePolicy } from '../../src/capacity/policy.ts';
import { cpuScaler, pointsScaler, type Scaler } from '../../src/capacity/scalers.ts';
import { type SimulationOptions, simulate } from '../../src/capacity/simulation.ts';

const POINTS = () => pointsScaler(parsePolicy('75=10'), parsePolicy('25=10'));
const IDLE: Scaler = { name: 'nothing', drains: true, decide: () => 0 };

const OPTIONS: SimulationOptions = {
  demand: syntheticDay(2000, 1),
  costPoints: 0.5,
  cpusPerNode: 2,
  desired: 2,
  minimum: 1,
  maximum: 50,
  bootMinutes: 3,
  sessionMinutes: 30,
  seed: 1,
};

describe('a pool', () => {
  it('stays within its bounds and serves everybody, whatever the day', () => {
    const day = fc.array(fc.integer({ min: 0, max: 500 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(
        day,
        fc.constantFrom(POINTS, () => cpuScaler()),
        (demand, scaler) => {
          const result = simulate({ ...OPTIONS, demand, maximum: 8 }, scaler());
          for (const [minute, row] of result.rows.entries()) {
            expect(row.participants).toBe(demand[minute]);
            expect(row.nodes - row.draining).toBeLessThanOrEqual(8);
            expect(row.nodes - row.draining).toBeGreaterThanOrEqual(1);
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('that nobody governs is overloaded exactly when there is too much for it', () => {
    // One node of one CPU, a participant costs 10 points: ten fit.
    const options = { ...OPTIONS, demand: [5, 10, 11, 20, 10], costPoints: 10, cpusPerNode: 1, desired: 1 };
    const result = simulate(options, IDLE);
    expect(result.rows.map((row) => row.load)).toEqual([50, 100, 110, 200, 100]);
    expect(result.overloadedMinutes).toBe(2);
    expect(result.nodeHours).toBeCloseTo(5 / 60, 9);
    expect(result.wastedNodeHours).toBe(0);
  });

  it('pays for nodes that nobody needs', () => {
    const options = { ...OPTIONS, demand: Array.from({ length: 60 }, () => 0), desired: 5 };
    expect(simulate(options, IDLE).wastedNodeHours).toBeCloseTo(4, 9);
  });

  it('boots before it serves', () => {
    const once: Scaler = {
      name: 'once',
      drains: true,
      decide: ({ active, booting }) => (active + booting < 3 ? 1 : 0),
    };
    const options = { ...OPTIONS, demand: [1, 1, 1, 1, 1, 1], desired: 1, bootMinutes: 2 };
    expect(simulate(options, once).rows.map((row) => [row.nodes, row.booting])).toEqual([
      [1, 0],
      [2, 1],
      [3, 1],
      [3, 0],
      [3, 0],
      [3, 0],
    ]);
  });

  it('drains: a node that is to go stays until its last session ends', () => {
    const one: Scaler = { name: 'down', drains: true, decide: ({ active }) => (active > 1 ? -1 : 0) };
    const demand = [10, 10, 10, 5, 5, 0, 0];
    const result = simulate({ ...OPTIONS, demand, desired: 2, sessionMinutes: 1e9 }, one);
    expect(result.droppedParticipants).toBe(0);
    expect(result.rows[1]).toMatchObject({ nodes: 2, draining: 1, participants: 10 });
    expect(result.rows.at(-1)).toMatchObject({ nodes: 1, draining: 0 });
  });

  it('or it drops who is there', () => {
    const one: Scaler = { name: 'cut', drains: false, decide: ({ active }) => (active > 1 ? -1 : 0) };
    const result = simulate({ ...OPTIONS, demand: [10, 10, 10], desired: 2, sessionMinutes: 1e9 }, one);
    expect(result.droppedParticipants).toBe(5);
    expect(result.rows[1]).toMatchObject({ nodes: 1, participants: 10 });
  });
});

describe('a day', () => {
  it('is the same for the same seed, and another for another', () => {
    expect(simulate(OPTIONS, POINTS())).toEqual(simulate(OPTIONS, POINTS()));
    expect(syntheticDay(100, 1)).not.toEqual(syntheticDay(100, 2));
  });

  it('has as many minutes as a day and about the peak asked for', () => {
    const day = syntheticDay(1000, 3);
    expect(day).toHaveLength(MINUTES_A_DAY);
    expect(Math.max(...day)).toBeGreaterThan(850);
    expect(Math.max(...day)).toBeLessThanOrEqual(1020);
    expect(Math.min(...day)).toBeLessThan(50);
  });

  it('governed by points drops nobody and is overloaded less than by CPU', () => {
    const [points, cpu] = [simulate(OPTIONS, POINTS()), simulate(OPTIONS, cpuScaler())];
    expect(points.droppedParticipants).toBe(0);
    expect(cpu.droppedParticipants).toBeGreaterThan(0);
    expect(points.peakNodes).toBeGreaterThanOrEqual(5);
  });

  it('of a recording keeps the peak of each minute, and fills gaps', () => {
    const series = [
      { tMs: 0, participants: 3 },
      { tMs: 20_000, participants: 9 },
      { tMs: 40_000, participants: 4 },
      { tMs: 190_000, participants: 7 },
    ];
    expect(byMinute(series)).toEqual([9, 9, 9, 7]);
    expect(byMinute([])).toEqual([]);
  });
});
