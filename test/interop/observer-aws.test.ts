import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateDeliveryStreamCommand, FirehoseClient } from '@aws-sdk/client-firehose';
import { CreateBucketCommand, GetObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AwsCredentials } from '../../src/observer/config/sinks.ts';
import { openFirehoseSink } from '../../src/observer/sinks/firehose.ts';
import { openS3Sink } from '../../src/observer/sinks/s3.ts';
import { startMoto, startS3rver } from './servers/aws.ts';
import type { TestServer } from './servers/server.ts';
import {
  eventReport,
  eventReports,
  numbers,
  outlastDeath,
  outlastHang,
  queueBefore,
} from './servers/sink-bench.ts';

const credentials = (key: string): AwsCredentials => ({
  type: 'AwsStatic',
  config: { accessKeyId: key, secretAccessKey: key },
});
const clientFor = (port: number): S3Client =>
  new S3Client({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' },
  });

async function objects(client: S3Client, bucket: string): Promise<Map<string, string>> {
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket }));
  const texts = new Map<string, string>();
  for (const { Key = '' } of Contents) {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key }));
    texts.set(Key, (await Body?.transformToString()) ?? '');
  }
  return texts;
}
const valuesOf = (texts: Iterable<string>): string[] =>
  [...texts]
    .flatMap((text) => text.trimEnd().split('\r\n'))
    .map((row) => row.split(',').at(-1) ?? '')
    .toSorted((a, b) => Number(a) - Number(b));

/** At least once: what was on its way when the server went may be there twice. */
const distinct = (texts: Iterable<string>): string[] => [...new Set(valuesOf(texts))];

const common = { regionId: 'us-east-1', encodingType: 'CSV', csvFormat: 'DEFAULT' } as const;

describe('S3 (a double: s3rver, in JavaScript, which checks signatures)', () => {
  let directory: string;
  let server: TestServer;
  let client: S3Client;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 's3-'));
    server = await startS3rver(directory);
    client = clientFor(server.port);
    await client.send(new CreateBucketCommand({ Bucket: 'reports' }));
    for (const Bucket of ['prefixed', 'reborn', 'frozen']) {
      await client.send(new CreateBucketCommand({ Bucket }));
    }
  });
  afterAll(async () => {
    client.destroy();
    await server.stop();
    await rm(directory, { recursive: true });
  });

  const open = (bucketName: string, more: object = {}, key = 'S3RVER') =>
    openS3Sink(
      {
        ...common,
        bucketName,
        endpoint: `http://127.0.0.1:${server.port}`,
        credentials: credentials(key),
        defaultPrefix: 'csv',
        addServiceIdPrefix: false,
        addReportCategoryPrefix: false,
        addSfuOrCallIdPrefix: false,
        forcePathStyle: true,
        ...more,
      },
      {},
    );

  it('gets CSV objects under the prefix, without a header', async () => {
    const queue = queueBefore(() => open('reports'));
    for (const report of eventReports(1, 250)) queue.push(report);
    await queue.close();
    const texts = await objects(client, 'reports');
    expect(texts.size).toBe(3);
    for (const name of texts.keys()) expect(name).toMatch(/^csv\/call-event-.*\.csv$/);
    expect(valuesOf(texts.values())).toEqual(numbers(1, 250));
  });

  it('gets every level of prefix that is asked for', async () => {
    const sink = await open('prefixed', {
      addServiceIdPrefix: true,
      addReportCategoryPrefix: true,
      addSfuOrCallIdPrefix: true,
      prefixes: new Map([['call-event', 'events']]),
    });
    await sink.write([eventReport(1, { callId: 'c/../1', serviceId: 'a b' })], new AbortController().signal);
    await sink.close();
    const [name] = [...(await objects(client, 'prefixed')).keys()];
    expect(name).toMatch(/^events\/a_b\/call-reports\/c_\.\._1\/call-event-/);
  });

  it('keeps what a refusal of the credentials leaves undelivered', async () => {
    const queue = queueBefore(() => open('reports', {}, 'WRONG'), { drainMs: 500 });
    queue.push(eventReport(1));
    await queue.close();
    expect(queue.counters.written).toBe(0);
    expect(queue.counters.dropped.closed).toBe(1);
  });

  it('gets everything that was buffered while it was dead', async () => {
    await outlastDeath(
      () => open('reborn'),
      () => server.kill(),
      async () => {
        server = await startS3rver(directory, server.port);
      },
    );
    expect(distinct((await objects(client, 'reborn')).values())).toEqual(numbers(1, 400));
  });

  it('gets what the buffer held while it hung, and the rest is counted', async () => {
    const expected = await outlastHang(() => open('frozen'), server);
    // Unlike S3, s3rver keeps what had come of an upload that was broken off, so there can be a piece besides.
    const values = distinct((await objects(client, 'frozen')).values());
    expect(values).toEqual(expect.arrayContaining(expected));
  });
});

/** A stream of that name that delivers into a bucket of the same name; moto forgets both when it ends. */
async function createStream(port: number, name: string): Promise<void> {
  const client = clientFor(port);
  await client.send(new CreateBucketCommand({ Bucket: name }));
  client.destroy();
  const firehose = new FirehoseClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
  });
  await firehose.send(
    new CreateDeliveryStreamCommand({
      DeliveryStreamName: name,
      DeliveryStreamType: 'DirectPut',
      ExtendedS3DestinationConfiguration: {
        BucketARN: `arn:aws:s3:::${name}`,
        RoleARN: 'arn:aws:iam::123456789012:role/firehose',
      },
    }),
  );
  firehose.destroy();
}

describe('Firehose (a double: moto, which checks neither credentials nor limits here)', () => {
  let server: TestServer;
  let client: S3Client;
  beforeAll(async () => {
    server = await startMoto();
    client = clientFor(server.port);
    for (const name of ['events', 'frozen']) await createStream(server.port, name);
  }, 400_000);
  afterAll(async () => {
    client.destroy();
    await server.stop();
  });

  const open = (defaultDeliveryStreamId: string) =>
    openFirehoseSink(
      {
        ...common,
        endpoint: `http://127.0.0.1:${server.port}`,
        credentials: credentials('x'),
        defaultDeliveryStreamId,
        csvChunkSize: 100,
      },
      {},
    );

  it('delivers every row', async () => {
    const queue = queueBefore(() =>
      openFirehoseSink(
        {
          ...common,
          endpoint: `http://127.0.0.1:${server.port}`,
          credentials: credentials('x'),
          streams: new Map([['call-event', 'events']]),
          csvChunkSize: 7,
        },
        {},
      ),
    );
    for (const report of eventReports(1, 250)) queue.push(report);
    await queue.close();
    expect(queue.counters.written).toBe(250);
    expect(valuesOf((await objects(client, 'events')).values())).toEqual(numbers(1, 250));
  });

  it('keeps trying while the stream does not exist', async () => {
    const queue = queueBefore(() => open('nowhere'), { drainMs: 1500, retryMinMs: 50 });
    queue.push(eventReport(1));
    await queue.close();
    expect(queue.counters.retries).toBeGreaterThan(0);
    expect(queue.counters.dropped.closed).toBe(1);
  });

  it('gets what the buffer held while it hung, and the rest is counted', async () => {
    const expected = await outlastHang(() => open('frozen'), server);
    expect(distinct((await objects(client, 'frozen')).values())).toEqual(expected);
  });

  it('gets everything that was buffered while it was dead', async () => {
    await createStream(server.port, 'reborn');
    await outlastDeath(
      () => open('reborn'),
      () => server.kill(),
      async () => {
        server = await startMoto(server.port);
        await createStream(server.port, 'reborn');
      },
    );
    // What was delivered before it died is gone with it.
    expect(distinct((await objects(client, 'reborn')).values())).toEqual(numbers(51, 400));
  });
});
