import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Consumer, stringDeserializers } from '@platformatic/kafka';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ReportEnvelope } from '../../src/observer/reports/payload.ts';
import { openKafkaSink } from '../../src/observer/sinks/kafka.ts';
import { type KafkaServer, startKafka } from './servers/kafka.ts';
import {
  eventReport,
  eventReports,
  numbers,
  outlastDeath,
  outlastHang,
  queueBefore,
} from './servers/sink-bench.ts';

let directory: string;
let kafka: KafkaServer;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kafka-'));
  kafka = await startKafka(directory);
}, 400_000);
afterAll(async () => {
  await kafka.stop();
  await rm(directory, { recursive: true });
});

const log = { isTTY: false, columns: 80, write: () => {} };
const open = (topic: string, keyAssignmentStrategy: 'RANDOM' | 'INSTANCE_BASED' | 'OBJECT_HIERACHY_BASED') =>
  openKafkaSink(
    {
      topic,
      keyAssignmentStrategy,
      tryReconnectOnFailure: true,
      properties: { 'bootstrap.servers': `127.0.0.1:${kafka.port}` },
    },
    log,
  );

async function consume(topic: string, count: number): Promise<{ key: string; report: ReportEnvelope }[]> {
  const consumer = new Consumer({
    clientId: 'reader',
    groupId: `reader-${topic}`,
    bootstrapBrokers: [`127.0.0.1:${kafka.port}`],
    deserializers: stringDeserializers,
  });
  const messages: { key: string; report: ReportEnvelope }[] = [];
  const stream = await consumer.consume({ topics: [topic], mode: 'earliest', autocommit: false });
  try {
    for await (const { key, value } of stream) {
      messages.push({ key: key ?? '', report: JSON.parse(value ?? '') as ReportEnvelope });
      if (new Set(messages.map(({ report }) => report.payload.value)).size >= count) break;
    }
  } finally {
    await consumer.close(true);
  }
  return messages;
}

describe('Kafka (a real broker)', () => {
  it('gets every report in its envelope, under one key for one instance', async () => {
    const queue = queueBefore(() => open('instance', 'INSTANCE_BASED'));
    for (const report of eventReports(1, 500)) queue.push(report);
    await queue.close();
    expect(queue.counters.written).toBe(500);
    const messages = await consume('instance', 500);
    expect(messages.map(({ report }) => report.payload.value)).toEqual(numbers(1, 500));
    expect(messages[0]?.report).toMatchObject({
      type: 'CALL_EVENT',
      schemaVersion: '2.2.0',
      payload: { serviceId: 'svc' },
    });
    expect(new Set(messages.map(({ key }) => key)).size).toBe(1);
  });

  it('gets keys by call, or random ones', async () => {
    const byCall = queueBefore(() => open('calls', 'OBJECT_HIERACHY_BASED'));
    const random = queueBefore(() => open('random', 'RANDOM'));
    for (let value = 1; value <= 40; value += 1) {
      byCall.push(eventReport(value, { callId: `call-${value % 2}` }));
      random.push(eventReport(value));
    }
    await Promise.all([byCall.close(), random.close()]);
    for (const { key, report } of await consume('calls', 40)) expect(key).toBe(report.payload.callId);
    expect(new Set((await consume('random', 40)).map(({ key }) => key)).size).toBe(40);
  });

  it('gets everything that was buffered while it was dead', async () => {
    await outlastDeath(
      () => open('reborn', 'INSTANCE_BASED'),
      () => kafka.kill(),
      async () => {
        kafka = await kafka.restart();
      },
    );
    const values = (await consume('reborn', 400)).map(({ report }) => report.payload.value);
    // At least once: a batch whose answer was lost is there twice.
    expect([...new Set(values)].toSorted()).toEqual(numbers(1, 400).toSorted());
  });

  it('gets what the buffer held while it hung, and the rest is counted', async () => {
    const expected = await outlastHang(() => open('frozen', 'INSTANCE_BASED'), kafka);
    const values = (await consume('frozen', expected.length)).map(({ report }) => report.payload.value);
    // At least once: the batch that was on its way is there twice.
    expect([...new Set(values)].toSorted()).toEqual(expected.toSorted());
  });
});
