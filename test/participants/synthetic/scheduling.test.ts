import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { STREAM_FIELDS, StreamField, WINDOW_PACKETS } from '../../../src/packets/types.ts';
import { DelayMeter, LatenessMeter, latenessP99Ms } from '../../../src/participants/synthetic/lateness.ts';
import { NackList } from '../../../src/participants/synthetic/nack-list.ts';
import { Scheduler, type Task } from '../../../src/participants/synthetic/scheduler.ts';
import { parseDrops } from '../../../src/participants/synthetic/socket-drops.ts';
import { loopPlaylist, slidePlaylist } from '../../../src/participants/synthetic/video-source.ts';

describe('the scheduler', () => {
  it('runs what is due, in the order in which it was due', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 100 })),
        fc.integer({ min: 0, max: 100 }),
        (dues, nowMs) => {
          const scheduler = new Scheduler();
          const ran: number[] = [];
          for (const dueMs of dues) {
            scheduler.add(
              {
                run: (due) => {
                  ran.push(due);
                  return null;
                },
              },
              dueMs,
            );
          }
          scheduler.runDue(nowMs);
          expect(ran).toEqual(dues.filter((due) => due <= nowMs).sort((a, b) => a - b));
          expect(scheduler.nextDueMs).toBe(
            Math.min(Number.POSITIVE_INFINITY, ...dues.filter((due) => due > nowMs)),
          );
        },
      ),
    );
  });

  it('counts on from when a task was due, however late it ran', () => {
    const scheduler = new Scheduler();
    const dues: number[] = [];
    const task: Task = {
      run: (dueMs) => {
        dues.push(dueMs);
        return dueMs + 20;
      },
    };
    scheduler.add(task, 0);
    for (const nowMs of [5, 33, 95]) scheduler.runDue(nowMs);
    expect(dues).toEqual([0, 20, 40, 60, 80]);
  });

  it('makes no turn for what is leisurely before it has waited its time, and runs it with whatever else is due', () => {
    const scheduler = new Scheduler();
    const dues: number[] = [];
    const leisurely: Task = {
      leisurely: true,
      run: (dueMs) => {
        dues.push(dueMs);
        return dueMs + 200;
      },
    };
    scheduler.add(leisurely, 100);
    expect(scheduler.nextDueMs).toBeGreaterThan(100);
    expect(scheduler.nextDueMs).toBeLessThanOrEqual(120);
    scheduler.add({ run: () => null }, 105);
    expect(scheduler.nextDueMs).toBe(105);
    scheduler.runDue(99);
    expect(dues).toEqual([]);
    scheduler.runDue(105);
    expect(dues).toEqual([100]);
    scheduler.runDue(scheduler.nextDueMs);
    expect(dues).toEqual([100, 300]);
  });

  it('forgets what is cancelled, also while it runs', () => {
    const scheduler = new Scheduler();
    const ran: string[] = [];
    const other: Task = {
      run: () => {
        ran.push('other');
        return null;
      },
    };
    const self: Task = {
      run: () => {
        ran.push('self');
        scheduler.cancel(self);
        scheduler.cancel(other);
        return 1;
      },
    };
    scheduler.add(self, 0);
    scheduler.add(other, 1);
    scheduler.runDue(10);
    scheduler.runDue(20);
    expect(ran).toEqual(['self']);
  });
});

describe('the delay meter', () => {
  it('tells the mean and the longest delay since it was asked last, and nothing when there was none', () => {
    const meter = new DelayMeter();
    expect(meter.take()).toBeNull();
    for (const delayMs of [-0.5, 2, 10]) meter.record(delayMs);
    expect(meter.take()).toEqual({ meanMs: 4, maxMs: 10 });
    expect(meter.take()).toBeNull();
    meter.record(1);
    expect(meter.take()).toEqual({ meanMs: 1, maxMs: 1 });
  });
});

describe('the lateness meter', () => {
  it('knows the late ones and the 99th percentile, over several threads', () => {
    const meter = new LatenessMeter();
    const other = new LatenessMeter();
    meter.record(98, 0.2);
    other.record(1, 30);
    other.record(1, 5);
    expect(meter.late + other.late).toBe(1);
    expect(latenessP99Ms([meter.take(), other.take()])).toBe(5.5);
    expect(latenessP99Ms([meter.take()])).toBeNull();
    meter.skip(3);
    expect(meter.scheduled - meter.sent).toBe(3);
  });
});

describe('the list of missing packets', () => {
  function list(highest: number) {
    const counters = new Float64Array(STREAM_FIELDS);
    counters[StreamField.highestSequence] = highest;
    const window = new Uint32Array(WINDOW_PACKETS / 32);
    const arrive = (extended: number) => {
      const bit = extended % WINDOW_PACKETS;
      window[bit >>> 5] = (window[bit >>> 5] ?? 0) | (1 << (bit & 31));
    };
    return { nacks: new NackList({ id: 1, counters, window }), arrive, counters };
  }

  it('asks for each until it comes', () => {
    const { nacks, arrive } = list(70_000);
    nacks.add(69_000, 3, 0);
    expect(nacks.take(0, 50)).toEqual({ sequences: [3464, 3465, 3466], abandoned: false });
    expect(nacks.take(20, 50).sequences).toEqual([]);
    arrive(69_001);
    expect(nacks.take(50, 50).sequences).toEqual([3464, 3466]);
    arrive(69_000);
    arrive(69_002);
    expect(nacks.take(200, 50)).toEqual({ sequences: [], abandoned: false });
    expect(nacks.size).toBe(0);
  });

  it('gives up after ten requests, or when the window has passed', () => {
    const { nacks, counters } = list(70_000);
    nacks.add(69_999, 1, 0);
    for (let i = 0; i < 10; i += 1) expect(nacks.take(i * 1000, 50).sequences).toHaveLength(1);
    expect(nacks.take(20_000, 50)).toEqual({ sequences: [], abandoned: true });
    nacks.add(70_001, 1, 0);
    counters[StreamField.highestSequence] = 70_001 + WINDOW_PACKETS;
    expect(nacks.take(0, 50)).toEqual({ sequences: [], abandoned: true });
  });
});

describe('what is played', () => {
  it('loops, and begins again where a key frame is wanted', () => {
    const playlist = loopPlaylist(3);
    expect(playlist.next(-1, true)).toBe(0);
    expect(playlist.next(0, false)).toBe(1);
    expect(playlist.next(2, false)).toBe(0);
    expect(playlist.next(1, true)).toBe(0);
  });

  it('shows a slide, holds it, and turns to the next', () => {
    const playlist = slidePlaylist(6, [0, 3], 4);
    const shown: number[] = [];
    for (let i = 0; i < 9; i += 1) shown.push(playlist.next(shown.at(-1) ?? -1, false));
    expect(shown).toEqual([0, 1, 2, 1, 3, 4, 5, 4, 0]);
    expect(playlist.next(1, true)).toBe(0);
  });
});

describe("the kernel's table of UDP sockets", () => {
  it('is read by port, whatever columns are between', () => {
    const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
  100: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000  0 0 12345 2 0000000000000000 17
  101: 0100007F:1F91 00000000:0000 07 00000000:00000000 00:00000000 00000000  0 0 12346 2 0000000000000000 0
`;
    expect(parseDrops(table)).toEqual(
      new Map([
        [8080, 17],
        [8081, 0],
      ]),
    );
    expect(parseDrops('')).toEqual(new Map());
  });
});
