import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Report } from '../../src/observer/reports/types.ts';
import { DEFAULT_QUEUE_LIMITS, type QueueLimits } from '../../src/observer/sinks/limits.ts';
import { SinkQueue, type SinkQueueOptions } from '../../src/observer/sinks/queue.ts';
import { openSpill } from '../../src/observer/sinks/spill.ts';
import { ALL_WRITTEN, type Sink, type WriteResult } from '../../src/observer/sinks/types.ts';
import { FakeClock, settle } from '../support/fake-clock.ts';

const report = (id: number): Report => ({
  type: 'call-event',
  base: {},
  stat: {},
  own: { name: `e${id}`, timestamp: id },
});
const ids = (reports: readonly Report[]): number[] => reports.map(({ own }) => Number(own.timestamp));

/** A sink that does what the test says: write, refuse, hang. */
class ScriptedSink implements Sink {
  readonly description = 'scripted';
  readonly written: number[] = [];
  readonly batches: number[] = [];
  closed = false;
  behave: (batch: readonly Report[], signal: AbortSignal) => Promise<WriteResult> = async () => ALL_WRITTEN;

  async write(batch: readonly Report[], signal: AbortSignal): Promise<WriteResult> {
    const result = await this.behave(batch, signal);
    const failed = new Set([...result.retry, ...result.rejected]);
    this.written.push(...ids(batch.filter((one) => !failed.has(one))));
    this.batches.push(batch.length);
    return result;
  }
  async close(): Promise<void> {
    this.closed = true;
  }
}

const dead = async (): Promise<WriteResult> => {
  throw new Error('connection refused');
};
const hanging = (): Promise<WriteResult> => new Promise(() => {});

function setUp(limits: Partial<QueueLimits> = {}, more: Partial<SinkQueueOptions> = {}) {
  const clock = new FakeClock();
  const sink = new ScriptedSink();
  const troubles: string[] = [];
  const queue = new SinkQueue({
    name: 'test',
    open: async () => sink,
    limits: { ...DEFAULT_QUEUE_LIMITS, batchItems: 3, batchTimeMs: 1000, bufferItems: 10, ...limits },
    clock,
    onTrouble: (_, message) => troubles.push(message),
    ...more,
  });
  const push = (from: number, to: number): void => {
    for (let id = from; id <= to; id += 1) queue.push(report(id));
  };
  return { clock, sink, queue, push, troubles };
}

async function close(queue: SinkQueue, clock: FakeClock): Promise<void> {
  const closing = queue.close();
  await clock.advance(60_000);
  await closing;
}

describe('batches', () => {
  it('are written when they are full', async () => {
    const { sink, push } = setUp();
    push(1, 7);
    await settle();
    expect(sink.batches).toEqual([3, 3]);
  });

  it('are written when their oldest report has waited long enough', async () => {
    const { sink, push, clock } = setUp();
    push(1, 2);
    await clock.advance(999);
    expect(sink.written).toEqual([]);
    await clock.advance(1);
    expect(sink.written).toEqual([1, 2]);
  });

  it('are written when the queue closes, and then the sink is closed', async () => {
    const { sink, push, queue, clock } = setUp();
    push(1, 2);
    await close(queue, clock);
    expect(sink.written).toEqual([1, 2]);
    expect(sink.closed).toBe(true);
    expect(queue.counters).toMatchObject({ written: 2, retries: 0 });
  });
});

describe('a write that is over', () => {
  it('is asked about while reports come without a pause', async () => {
    const { sink, push, queue } = setUp({ batchItems: 1000, bufferItems: 3000 });
    let finish = (): void => {};
    sink.behave = () =>
      new Promise((resolve) => {
        finish = () => resolve(ALL_WRITTEN);
      });
    let looks = 0;
    const polled = Object.assign(sink, {
      poll: () => {
        looks += 1;
        finish();
      },
    });
    push(1, 1000);
    await settle();
    expect(queue.buffered).toBe(1000);
    push(1001, 2000);
    expect(looks).toBeGreaterThan(0);
    await settle();
    expect(polled.written).toHaveLength(1000);
  });
});

describe('a sink in trouble', () => {
  it('that dies and comes back gets everything the buffer held, in order, once', async () => {
    const { sink, push, queue, clock, troubles } = setUp();
    sink.behave = dead;
    push(1, 10);
    await clock.advance(60_000);
    expect(sink.written).toEqual([]);
    sink.behave = async () => ALL_WRITTEN;
    await clock.advance(60_000);
    expect(sink.written).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(queue.counters.dropped).toEqual({ 'buffer-full': 0, rejected: 0, 'given-up': 0, closed: 0 });
    expect(troubles).toEqual(['connection refused; trying again', 'is well again']);
  });

  it('loses only what goes beyond the buffer, and that is counted', async () => {
    const { sink, push, queue, clock } = setUp();
    sink.behave = dead;
    push(1, 25);
    expect(queue.buffered).toBe(10);
    expect(queue.counters.dropped['buffer-full']).toBe(15);
    sink.behave = async () => ALL_WRITTEN;
    await close(queue, clock);
    expect(sink.written).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('that hangs is given up after the time limit and tried again', async () => {
    const { sink, push, clock, queue } = setUp();
    let aborted = false;
    sink.behave = (_, signal) => {
      signal.addEventListener('abort', () => {
        aborted = true;
      });
      return hanging();
    };
    push(1, 3);
    await clock.advance(DEFAULT_QUEUE_LIMITS.writeTimeoutMs);
    expect(aborted).toBe(true);
    sink.behave = async () => ALL_WRITTEN;
    await clock.advance(1000);
    expect(sink.written).toEqual([1, 2, 3]);
    expect(queue.counters.retries).toBe(1);
  });

  it('is tried with growing pauses up to a limit', async () => {
    const { sink, push, clock } = setUp({ retryMinMs: 100, retryMaxMs: 400 });
    const attempts: number[] = [];
    sink.behave = () => {
      attempts.push(clock.nowMs());
      return dead();
    };
    push(1, 3);
    await clock.advance(2000);
    expect(attempts).toEqual([0, 100, 300, 700, 1100, 1500, 1900]);
  });

  it('that takes a part gets the other part again, and what it refuses is not tried twice', async () => {
    const { sink, push, queue, clock } = setUp();
    let first = true;
    sink.behave = async (batch) => {
      if (!first) return ALL_WRITTEN;
      first = false;
      return { retry: batch.slice(0, 1), rejected: batch.slice(1, 2), reason: 'too large' };
    };
    push(1, 3);
    await clock.advance(2000);
    expect(sink.written).toEqual([3, 1]);
    expect(queue.counters.dropped.rejected).toBe(1);
    expect(queue.counters.written).toBe(2);
  });

  it('whose opening fails is opened again', async () => {
    let opened = 0;
    const sink = new ScriptedSink();
    const { push, clock } = setUp(
      {},
      {
        open: async () => {
          opened += 1;
          if (opened < 3) throw new Error('no such host');
          return sink;
        },
      },
    );
    push(1, 3);
    await clock.advance(5000);
    expect(opened).toBe(3);
    expect(sink.written).toEqual([1, 2, 3]);
  });

  it('that is not to be tried again is given up', async () => {
    const { sink, push, queue, clock } = setUp({ keepTrying: false });
    sink.behave = dead;
    push(1, 4);
    await clock.advance(5000);
    push(5, 6);
    expect(queue.counters.dropped['given-up']).toBe(6);
    await close(queue, clock);
  });

  it('does not keep a closing queue longer than its drain time', async () => {
    const { sink, push, queue, clock } = setUp({ drainMs: 500 });
    sink.behave = hanging;
    push(1, 4);
    await settle();
    let closed = false;
    const closing = queue.close().then(() => {
      closed = true;
    });
    await clock.advance(499);
    expect(closed).toBe(false);
    await clock.advance(1);
    await closing;
    expect(queue.counters.dropped.closed).toBe(4);
    queue.push(report(5));
    expect(queue.counters.dropped.closed).toBe(5);
  });
});

describe('spilling to disk', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'spill-'));
  });
  afterEach(() => rm(directory, { recursive: true }));
  const spill = (maxBytes = 1_000_000) => openSpill(join(directory, 'spill.ndjson'), maxBytes);

  it('keeps what the buffer cannot hold, in order', async () => {
    const { sink, push, queue, clock } = setUp({}, { spill: spill() });
    sink.behave = dead;
    push(1, 200);
    expect(queue.counters.spilled).toBe(190);
    sink.behave = async () => ALL_WRITTEN;
    await clock.advance(60_000);
    expect(sink.written).toEqual(Array.from({ length: 200 }, (_, index) => index + 1));
    expect(queue.counters.dropped['buffer-full']).toBe(0);
    await close(queue, clock);
  });

  it('hands on to the next process what was not delivered', async () => {
    const first = setUp({ drainMs: 100 }, { spill: spill() });
    first.sink.behave = dead;
    first.push(1, 30);
    await close(first.queue, first.clock);
    expect(first.queue.counters.dropped).toMatchObject({ 'buffer-full': 0, closed: 0 });
    const second = setUp({}, { spill: spill() });
    second.queue.resume();
    await second.clock.advance(60_000);
    expect(second.sink.written.toSorted((a, b) => a - b)).toEqual(
      Array.from({ length: 30 }, (_, index) => index + 1),
    );
    await close(second.queue, second.clock);
  });

  it('has a bound of its own, and counts what goes beyond', async () => {
    const { sink, push, queue, clock } = setUp({ drainMs: 10 }, { spill: spill(1000) });
    sink.behave = dead;
    push(1, 100);
    const { spilled, dropped } = queue.counters;
    expect(spilled).toBeGreaterThan(5);
    expect(spilled + dropped['buffer-full']).toBe(90);
    await close(queue, clock);
  });

  it('skips a line that a crash cut short', () => {
    const one = spill();
    one.append(report(1));
    one.append(report(2));
    one.close();
    const cut = openSpill(join(directory, 'spill.ndjson'), 1_000_000);
    expect(ids(cut.take(1))).toEqual([1]);
    cut.close();
    const rest = openSpill(join(directory, 'spill.ndjson'), 1_000_000);
    expect(ids(rest.take(10))).toEqual([2]);
    expect(rest.size).toBe(0);
    rest.close();
  });
});
