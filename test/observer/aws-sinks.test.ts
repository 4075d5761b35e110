import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { FirehoseConfig } from '../../src/observer/config/sinks.ts';
import type { Report } from '../../src/observer/reports/types.ts';
import { credentialProvider } from '../../src/observer/sinks/aws.ts';
import { openFirehoseSink } from '../../src/observer/sinks/firehose.ts';
import {
  MAX_CALL_BYTES,
  MAX_RECORD_BYTES,
  MAX_RECORDS,
  packRecords,
  splitCalls,
} from '../../src/observer/sinks/firehose-records.ts';

const report = (value: number, type: Report['type'] = 'call-event'): Report => ({
  type,
  own: { serviceId: 'svc', value: String(value) },
  base: {},
  stat: {},
});
const never = new AbortController().signal;

describe('records for Firehose', () => {
  it('are within every limit, with every report in one of them, in order', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 1_100_000 }), { maxLength: 30 });
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 10 }), (lengths, linesPerRecord) => {
        const reports = lengths.map((_, index) => report(index));
        const line = (one: Report) => 'x'.repeat(lengths[Number(one.own.value)] ?? 0);
        const { records, tooLarge } = packRecords(reports, line, linesPerRecord);
        for (const record of records) {
          expect(record.data.length).toBeLessThanOrEqual(MAX_RECORD_BYTES);
          expect(record.reports.length).toBeLessThanOrEqual(linesPerRecord);
        }
        for (const call of splitCalls(records)) {
          expect(call.length).toBeLessThanOrEqual(MAX_RECORDS);
          expect(call.reduce((bytes, { data }) => bytes + data.length, 0)).toBeLessThanOrEqual(
            MAX_CALL_BYTES,
          );
        }
        expect(splitCalls(records).flat()).toEqual(records);
        const kept = records.flatMap((record) => record.reports);
        expect(kept).toEqual(reports.filter((one) => !tooLarge.includes(one)));
      }),
      { numRuns: 30 },
    );
  });

  it('go 500 to a call, and never mix two types', () => {
    const mixed = Array.from({ length: 1201 }, (_, index) =>
      report(index, index % 2 === 0 ? 'call-event' : 'sfu-event'),
    );
    const { records } = packRecords(mixed, () => 'row\r\n', 1);
    expect(splitCalls(records).map((call) => call.length)).toEqual([500, 500, 201]);
    for (const record of packRecords(mixed, () => 'row\r\n', 100).records) {
      expect(new Set(record.reports.map(({ type }) => type)).size).toBe(1);
    }
  });
});

interface Call {
  DeliveryStreamName: string;
  Records: { Data: string }[];
}

/** Firehose's PutRecordBatch, as far as our sink speaks to it, with failures as told. */
async function startFirehose(answer: (call: Call) => object) {
  const calls: Call[] = [];
  const server = createServer(async (request: IncomingMessage, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const call = JSON.parse(Buffer.concat(chunks).toString()) as Call;
    calls.push(call);
    response
      .writeHead(200, { 'content-type': 'application/x-amz-json-1.1' })
      .end(JSON.stringify(answer(call)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const config: FirehoseConfig = {
    regionId: 'eu-west-1',
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    credentials: { type: 'AwsStatic', config: { accessKeyId: 'x', secretAccessKey: 'x' } },
    encodingType: 'JSON',
    csvFormat: 'DEFAULT',
    csvChunkSize: 100,
    defaultDeliveryStreamId: 'rest',
    streams: new Map([['call-event', 'events']]),
  };
  return { calls, config, server };
}

describe('the Firehose sink', () => {
  let close: () => Promise<void> = async () => {};
  afterEach(() => close());

  it('sends again only the records that Firehose says have failed', async () => {
    const { calls, config, server } = await startFirehose(({ Records }) => ({
      FailedPutCount: 1,
      RequestResponses: Records.map((_, index) =>
        index === 1
          ? { ErrorCode: 'ServiceUnavailableException', ErrorMessage: 'slow down' }
          : { RecordId: 'r' },
      ),
    }));
    const sink = await openFirehoseSink(config, {});
    close = async () => {
      await sink.close();
      server.close();
    };
    const batch = [report(1), report(2), report(3)];
    const result = await sink.write(batch, never);
    expect(result).toEqual({ retry: [batch[1]], rejected: [], reason: 'ServiceUnavailableException' });
    expect(calls[0]?.DeliveryStreamName).toBe('events');
    const first = Buffer.from(calls[0]?.Records[0]?.Data ?? '', 'base64').toString();
    // The payload alone, ended by a newline, because Firehose joins records as they are.
    expect(first).toBe('{"serviceId":"svc","value":"1"}\n');
  });

  it('uses the stream of a type, else the default', async () => {
    const { calls, config, server } = await startFirehose(() => ({
      FailedPutCount: 0,
      RequestResponses: [],
    }));
    const sink = await openFirehoseSink(config, {});
    close = async () => {
      await sink.close();
      server.close();
    };
    await sink.write([report(1), report(2, 'sfu-event')], never);
    expect(calls.map(({ DeliveryStreamName }) => DeliveryStreamName)).toEqual(['events', 'rest']);
  });

  it('gives everything back when nobody answers', async () => {
    const { config, server } = await startFirehose(() => ({}));
    server.close();
    await once(server, 'close');
    const sink = await openFirehoseSink(config, {});
    close = () => sink.close();
    const batch = [report(1), report(2)];
    const result = await sink.write(batch, never);
    expect(result.retry).toEqual(batch);
    expect(result.reason).toContain('ECONNREFUSED');
  });
});

describe('AWS credentials', () => {
  const identity = { accessKeyId: 'AKIA', secretAccessKey: 'secret' };

  it('are taken as they stand', async () => {
    const provide = credentialProvider({ type: 'AwsStatic', config: { ...identity, sessionToken: 't' } }, {});
    expect(await provide()).toEqual({ ...identity, sessionToken: 't' });
  });

  it('are taken from what a Java process would be given', async () => {
    const env = { JAVA_TOOL_OPTIONS: '-Xmx1g -Daws.accessKeyId=AKIA -Daws.secretAccessKey=secret' };
    expect(await credentialProvider({ type: 'AwsSystemProperty' }, env)()).toEqual(identity);
    await expect(credentialProvider({ type: 'AwsSystemProperty' }, {})()).rejects.toMatchObject({
      code: 'RTCB_OBSERVER_AWS_CREDENTIALS',
    });
  });

  it.each(['CREDENTIALS', 'CONFIGURATION'] as const)(
    'are taken from a profile of a %s file',
    async (profileFileType) => {
      const directory = await mkdtemp(join(tmpdir(), 'aws-'));
      try {
        const profileFilePath = join(directory, 'file');
        const section = profileFileType === 'CREDENTIALS' ? '[mine]' : '[profile mine]';
        await writeFile(
          profileFilePath,
          `${section}\naws_access_key_id = AKIA\naws_secret_access_key = secret\n`,
        );
        const provide = credentialProvider(
          { type: 'AwsProfile', config: { profileFilePath, profileFileType, profileName: 'mine' } },
          {},
        );
        expect(await provide()).toMatchObject(identity);
      } finally {
        await rm(directory, { recursive: true });
      }
    },
  );
});
