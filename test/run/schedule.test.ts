import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { beginWhenDue, stageAt, steadyWindow, tickThrough, tickTimes } from '../../src/run/schedule.ts';
import type { StagePlan } from '../../src/scenario/plan-types.ts';
import { FakeClock } from '../support/fake-clock.ts';

function stage(name: string, startMs: number, endMs: number, steady = false): StagePlan {
  return { name, kind: steady ? 'hold' : 'ramp', startMs, endMs, steady, participantsAtEnd: 0 };
}

const STAGES = [stage('ramp', 0, 4500), stage('hold', 4500, 10_000, true), stage('end', 10_000, 12_000)];

describe('tickTimes', () => {
  it('reads every second and at every stage boundary', () => {
    expect(tickTimes(STAGES, 12_000, 1000)).toEqual([
      1000, 2000, 3000, 4000, 4500, 5000, 6000, 7000, 8000, 9000, 10_000, 11_000, 12_000,
    ]);
  });

  it('lets a boundary stand for the regular tick beside it', () => {
    expect(tickTimes([stage('a', 0, 2100), stage('b', 2100, 4000)], 4000, 1000)).toEqual([
      1000, 2100, 3000, 4000,
    ]);
  });

  it('never crosses a boundary and always ends at the end', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 20_000 }), { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 100, max: 5000 }),
        (lengths, intervalMs) => {
          let at = 0;
          const stages = lengths.map((length, i) => {
            at += length;
            return stage(`s${i}`, at - length, at);
          });
          const ticks = tickTimes(stages, at, intervalMs);
          expect(ticks.at(-1)).toBe(at);
          expect(ticks).toEqual([...new Set(ticks)].sort((a, b) => a - b));
          for (const { endMs } of stages) expect(ticks).toContain(endMs);
        },
      ),
    );
  });
});

describe('stageAt and steadyWindow', () => {
  it('puts a boundary into the stage that begins there', () => {
    expect(stageAt(STAGES, 4499)?.name).toBe('ramp');
    expect(stageAt(STAGES, 4500)?.name).toBe('hold');
    expect(stageAt(STAGES, 99_000)?.name).toBe('end');
    expect(stageAt([], 0)).toBeNull();
  });

  it('spans the steady stages', () => {
    expect(steadyWindow(STAGES)).toEqual({ startMs: 4500, endMs: 10_000 });
    expect(steadyWindow([stage('ramp', 0, 1)])).toBeNull();
  });
});

describe('beginWhenDue', () => {
  it('begins each task at its time from the origin and does not drift', async () => {
    const clock = new FakeClock();
    const begun: [number, number][] = [];
    const tasks = [300, 100, 200].map((dueMs) => ({
      dueMs,
      begin: (lagMs: number) => begun.push([clock.nowMs(), lagMs]),
    }));
    const done = beginWhenDue(tasks, 0, clock, new AbortController().signal);
    await clock.advance(1000);
    await done;
    expect(begun).toEqual([
      [100, 0],
      [200, 0],
      [300, 0],
    ]);
  });

  it('tells the lag of what a stall made late, and delays nothing after it', async () => {
    const clock = new FakeClock();
    const lags: number[] = [];
    const tasks = [100, 200, 900].map((dueMs) => ({ dueMs, begin: (lagMs: number) => lags.push(lagMs) }));
    const done = beginWhenDue(tasks, 0, clock, new AbortController().signal);
    clock.stall(600);
    await clock.advance(400);
    await done;
    expect(lags).toEqual([500, 400, 0]);
  });

  it('stops when it is aborted', async () => {
    const clock = new FakeClock();
    const stop = new AbortController();
    const begun: number[] = [];
    const done = beginWhenDue([{ dueMs: 100, begin: () => begun.push(1) }], 0, clock, stop.signal);
    stop.abort(new Error('interrupted'));
    await expect(done).rejects.toThrow('interrupted');
    expect(begun).toEqual([]);
  });
});

describe('tickThrough', () => {
  function start(clock: FakeClock, takeMs: (tick: number) => number = () => 0) {
    const taken: [number, string | null][] = [];
    const entered: [string, number][] = [];
    let tick = 0;
    const stop = new AbortController();
    const done = tickThrough({
      clock,
      originMs: 0,
      stages: STAGES,
      durationMs: 12_000,
      intervalMs: 1000,
      enterStage: (next, tMs) => entered.push([next.name, tMs]),
      async take(current, isFirst) {
        taken.push([clock.nowMs(), isFirst ? null : (current?.name ?? null)]);
        clock.stall(takeMs(tick));
        tick += 1;
      },
      signal: stop.signal,
    });
    return { taken, entered, done, stop };
  }

  it('reads at the origin, every second, at every boundary and at the end', async () => {
    const clock = new FakeClock();
    const { taken, entered, done } = start(clock);
    await clock.advance(12_000);
    await done;
    expect(taken).toHaveLength(14);
    expect(taken[0]).toEqual([0, null]);
    expect(taken.filter(([, name]) => name === 'ramp').map(([at]) => at)).toEqual([
      1000, 2000, 3000, 4000, 4500,
    ]);
    expect(taken.at(-1)).toEqual([12_000, 'end']);
    expect(entered).toEqual([
      ['ramp', 0],
      ['hold', 4500],
      ['end', 10_000],
    ]);
  });

  it('leaves out ticks that were overrun, but never a boundary', async () => {
    const clock = new FakeClock();
    const { taken, entered, done } = start(clock, (tick) => (tick === 1 ? 5200 : 0));
    await clock.advance(12_000);
    await done;
    // The reading due at 1000 took until 6200: 2000 to 4000 are left out, the boundary at 4500 is read late.
    expect(taken.slice(1, 5)).toEqual([
      [1000, 'ramp'],
      [6200, 'ramp'],
      [6200, 'hold'],
      [7000, 'hold'],
    ]);
    expect(entered.map(([name]) => name)).toEqual(['ramp', 'hold', 'end']);
  });

  it('stops with the signal’s reason', async () => {
    const clock = new FakeClock();
    const { done, stop, taken } = start(clock);
    await clock.advance(2500);
    stop.abort(new Error('interrupted'));
    await expect(done).rejects.toThrow('interrupted');
    expect(taken.map(([at]) => at)).toEqual([0, 1000, 2000]);
  });
});
