import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { reportsIn } from '../../src/observer/reports/row-bytes.ts';
import type { Report, ReportType } from '../../src/observer/reports/types.ts';
import { DEFAULT_FILE_SINK, openFileSink, rowsForFiles } from '../../src/observer/sinks/file.ts';
import { DEFAULT_QUEUE_LIMITS } from '../../src/observer/sinks/limits.ts';
import { SinkQueue } from '../../src/observer/sinks/queue.ts';
import { gatherRows, RowPacker } from '../../src/observer/sinks/rows.ts';
import type { Sink } from '../../src/observer/sinks/types.ts';
import { FakeClock, settle } from '../support/fake-clock.ts';

const encode = rowsForFiles(DEFAULT_FILE_SINK);
const report = (id: number, type: ReportType = 'call-event'): Report => ({
  type,
  base: { serviceId: 'svc' },
  stat: {},
  own: { timestamp: id, message: 'm'.repeat(2000) },
});
const idsIn = (bytes: string): number[] => [...bytes.matchAll(/^svc,(\d+),/gm)].map(([, id]) => Number(id));
const idsOf = (rows: readonly Report[]): number[] =>
  idsIn(Buffer.concat(gatherRows(rows, encode)).toString('utf8'));
const numbers = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, at) => from + at);

describe('reports packed as rows', () => {
  it('are one item as long as they follow each other, up to the number asked for', () => {
    const packer = new RowPacker(encode, 3);
    const items = numbers(1, 8).flatMap((id) => packer.add(report(id)) ?? []);
    expect(items.map(reportsIn)).toEqual([3, 3, 2]);
    expect(items.map((item) => idsOf([item]))).toEqual([
      [1, 2, 3],
      [4, 5, 6],
      [7, 8],
    ]);
  });

  it('stay as they are once sealed', () => {
    const packer = new RowPacker(encode, 100);
    const first = packer.add(report(1));
    packer.seal();
    const second = packer.add(report(2));
    expect([first, second].map((item) => item && idsOf([item]))).toEqual([[1], [2]]);
  });

  it('are not written over before all who share their memory are done with it', () => {
    const packer = new RowPacker(encode, 10);
    const kept: Report[] = [];
    const expected: number[] = [];
    // Each round fills several pieces of memory, keeps every third item and gives the others back.
    for (let round = 0; round < 20; round += 1) {
      const items = numbers(round * 500, round * 500 + 499).flatMap((id) => packer.add(report(id)) ?? []);
      packer.seal();
      expect(idsOf(items)).toEqual(numbers(round * 500, round * 500 + 499));
      const keep = items.filter((_, at) => at % 3 === 0);
      kept.push(...keep);
      expected.push(...idsOf(keep));
      packer.release(items.filter((_, at) => at % 3 !== 0));
    }
    expect(idsOf(kept)).toEqual(expected);
  });

  it('use memory again that was given back', () => {
    const packer = new RowPacker(encode, 1000);
    const pieces = new Set<object>();
    for (let round = 0; round < 50; round += 1) {
      const items = numbers(1, 300).flatMap((id) => packer.add(report(id)) ?? []);
      for (const item of items) pieces.add(item.piece);
      packer.seal();
      packer.release(items);
    }
    // 30 MB of rows, of which 0.6 MB are there at any time.
    expect(pieces.size).toBeLessThan(8);
  });
});

function queueOf(sink: Sink, limits: typeof DEFAULT_QUEUE_LIMITS, clock: FakeClock): SinkQueue {
  const packer = new RowPacker(encode, limits.batchItems);
  return new SinkQueue({ name: 'test', open: async () => sink, packer, limits, clock });
}

describe('a buffer of packed reports', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'packed-'));
  });
  afterEach(() => rm(directory, { recursive: true }));

  it('counts reports, not items: in batches, in its bound, in what it dropped', async () => {
    const clock = new FakeClock();
    const batches: number[] = [];
    const written: number[] = [];
    let alive = false;
    const sink: Sink = {
      description: 'scripted',
      async write(batch) {
        if (!alive) throw new Error('not now');
        batches.push(batch.reduce((sum, item) => sum + reportsIn(item), 0));
        written.push(...idsOf(batch));
        return { retry: [], rejected: [], reason: null };
      },
      async close() {},
    };
    const limits = { ...DEFAULT_QUEUE_LIMITS, batchItems: 4, bufferItems: 10 };
    const queue = queueOf(sink, limits, clock);
    for (const id of numbers(1, 13)) queue.push(report(id, id % 2 === 0 ? 'call-event' : 'sfu-event'));
    await settle();
    expect(queue.buffered).toBe(10);
    expect(queue.counters.dropped['buffer-full']).toBe(3);
    alive = true;
    await clock.advance(DEFAULT_QUEUE_LIMITS.retryMaxMs);
    await settle();
    await queue.close();
    expect(queue.counters).toMatchObject({ written: 10, dropped: { closed: 0 } });
    expect(written.toSorted((a, b) => a - b)).toEqual(numbers(1, 10));
    expect(Math.max(...batches)).toBeLessThanOrEqual(4);
  });

  it('leaves memory alone that a write whose time was up may still read', async () => {
    const clock = new FakeClock();
    const late: (() => number[])[] = [];
    let hanging = true;
    const sink: Sink = {
      description: 'hangs once',
      write(batch) {
        late.push(() => idsOf(batch));
        if (!hanging) return Promise.resolve({ retry: [], rejected: [], reason: null });
        hanging = false;
        return new Promise(() => {});
      },
      async close() {},
    };
    const limits = { ...DEFAULT_QUEUE_LIMITS, batchItems: 200, bufferItems: 100_000 };
    const queue = queueOf(sink, limits, clock);
    for (const id of numbers(1, 200)) queue.push(report(id));
    await settle();
    await clock.advance(limits.writeTimeoutMs);
    await clock.advance(limits.retryMinMs);
    for (let first = 201; first < 20_000; first += 200) {
      for (const id of numbers(first, first + 199)) queue.push(report(id));
      await settle();
    }
    await queue.close();
    expect(queue.counters.written).toBe(20_000);
    expect(late[0]?.()).toEqual(numbers(1, 200));
  });

  it('has every row in its file, once and whole, over many times the memory that is used again', async () => {
    const clock = new FakeClock();
    const limits = { ...DEFAULT_QUEUE_LIMITS, batchItems: 300, bufferItems: 100_000 };
    const queue = new SinkQueue({
      name: 'files',
      open: () => openFileSink({ ...DEFAULT_FILE_SINK, directory, types: ['call-event', 'sfu-event'] }),
      packer: new RowPacker(encode, limits.batchItems),
      limits,
      clock,
    });
    await queue.prepare();
    for (const id of numbers(1, 10_000)) {
      queue.push(report(id, id % 3 === 0 ? 'sfu-event' : 'call-event'));
      if (id % 100 === 0) await new Promise(setImmediate);
    }
    await queue.close();
    for (const type of ['call-event', 'sfu-event']) {
      const text = await readFile(join(directory, `${type}.csv`), 'utf8');
      const expected = numbers(1, 10_000).filter((id) => (id % 3 === 0) === (type === 'sfu-event'));
      expect(idsIn(text)).toEqual(expected);
    }
  });
});
