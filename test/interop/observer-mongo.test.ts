import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openMongoSink } from '../../src/observer/sinks/mongo.ts';
import { startMongo } from './servers/mongo.ts';
import type { TestServer } from './servers/server.ts';
import {
  eventReport,
  eventReports,
  numbers,
  outlastDeath,
  outlastHang,
  queueBefore,
} from './servers/sink-bench.ts';

let directory: string;
let mongo: TestServer;
let client: MongoClient;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mongo-'));
  mongo = await startMongo(directory);
  client = new MongoClient(`mongodb://127.0.0.1:${mongo.port}`);
}, 400_000);
afterAll(async () => {
  await client.close();
  await mongo.stop();
  await rm(directory, { recursive: true });
});

const log = { isTTY: false, columns: 80, write: () => {} };
type Strategy = 'ONE_COLLECTION' | 'REPORT_TYPE_BASED' | 'SERVICE_ID_BASED';
const open = (database: string, savingStrategy: Strategy) =>
  openMongoSink(
    { connection: { servers: [`127.0.0.1:${mongo.port}`] }, database, savingStrategy, printSummary: false },
    log,
  );
const values = async (database: string, collection: string): Promise<string[]> => {
  const documents = await client.db(database).collection(collection).find().toArray();
  return documents.map(({ payload }) => payload.value).toSorted((a, b) => Number(a) - Number(b));
};

describe('MongoDB (a double: mongo-java-server)', () => {
  it.each([
    ['ONE_COLLECTION', 'reports'],
    ['REPORT_TYPE_BASED', 'call-event'],
    ['SERVICE_ID_BASED', 'svc'],
  ] as const)('saves by %s', async (strategy, collection) => {
    const database = strategy.toLowerCase();
    const queue = queueBefore(() => open(database, strategy));
    for (const report of eventReports(1, 300)) queue.push(report);
    await queue.close();
    expect(queue.counters.written).toBe(300);
    expect(await values(database, collection)).toEqual(numbers(1, 300));
    const one = await client.db(database).collection(collection).findOne({ 'payload.value': '7' });
    expect(one).toMatchObject({ type: 'CALL_EVENT', schemaVersion: '2.2.0' });
  });

  it('does not choke on what a sender calls its service', async () => {
    const queue = queueBefore(() => open('names', 'SERVICE_ID_BASED'));
    queue.push(eventReport(1, { serviceId: 'system.$evil' }));
    await queue.close();
    expect(await values('names', 'system__evil')).toEqual(['1']);
  });

  it('has each report once, although it was written again', async () => {
    const sink = await open('again', 'ONE_COLLECTION');
    const batch = eventReports(1, 20);
    const { signal } = new AbortController();
    await sink.write(batch.slice(0, 10), signal);
    expect(await sink.write(batch, signal)).toEqual({ retry: [], rejected: [], reason: null });
    expect(await values('again', 'reports')).toEqual(numbers(1, 20));
    await sink.close();
  });

  it('gets everything that was buffered while it was dead', async () => {
    await outlastDeath(
      () => open('reborn', 'ONE_COLLECTION'),
      () => mongo.kill(),
      async () => {
        mongo = await startMongo(directory, mongo.port);
      },
    );
    // The double keeps its data in memory: what was written before is gone with it.
    expect(await values('reborn', 'reports')).toEqual(numbers(51, 400));
  });

  it('gets what the buffer held while it hung, each once, and the rest is counted', async () => {
    const expected = await outlastHang(() => open('frozen', 'ONE_COLLECTION'), mongo);
    expect(await values('frozen', 'reports')).toEqual(expected);
  });
});
