import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { RtcBenchError } from '../../src/errors.ts';
import {
  accessTokens,
  evaluationSettings,
  obfuscationSettings,
  queueLimits,
} from '../../src/observer/config/apply.ts';
import { defaultConfig, readConfig } from '../../src/observer/config/read.ts';
import { defaultSettings } from '../../src/observer/evaluate/settings.ts';

const read = (text: string) => readConfig(text, 'observer.yaml');
const refusal = (text: string): string => {
  try {
    read(text);
  } catch (error) {
    expect(error).toBeInstanceOf(RtcBenchError);
    expect((error as RtcBenchError).exitCode).toBe(2);
    return (error as Error).message;
  }
  throw new Error('it was accepted');
};
const sinks = (text: string) => `observer:\n  sinks:\n${text.replaceAll(/^/gm, '    ')}`;

describe('the upstream configuration', () => {
  it('is read whole, and what does nothing here is said', async () => {
    const text = await readFile(new URL('./upstream-config.yaml', import.meta.url), 'utf8');
    const { config, withoutEffect } = read(text);
    expect(Object.values(config.observer.sinks).map(({ type }) => type)).toEqual([
      'LoggerSink',
      'KafkaSink',
      'MongoSink',
      'FirehoseSink',
      'AwsS3Sink',
    ]);
    expect(withoutEffect).toContain('observer.hamok');
    expect(withoutEffect).toContain('observer.sources.websocket.minRemotePeers');
    expect(evaluationSettings(config).maxIdleS).toMatchObject({ call: 300, sfuTransport: 600 });
    expect(config.micronaut.server.port).toBe(7080);
    const firehose = config.observer.sinks.MyFireHoseSink;
    const streams = firehose?.type === 'FirehoseSink' ? firehose.config.streams : undefined;
    // Misspelt in upstream's documentation.
    expect(streams?.get('outbound-audio-track')).toBe('observertc-outbound-autio-track-reports-csv');
  });

  it('has upstream’s defaults when nothing is said', () => {
    expect(evaluationSettings(defaultConfig())).toEqual(defaultSettings());
    expect(read('')).toEqual({ config: defaultConfig(), withoutEffect: [] });
    expect(read('observer:\n  sinks:\n').config).toEqual(defaultConfig());
    expect(obfuscationSettings(defaultConfig())).toBeNull();
  });

  it('takes words in any case', () => {
    const { config } = read('observer:\n  evaluators:\n    callUpdater:\n      callIdAssignMode: SLAVE\n');
    expect(evaluationSettings(config).callIdAssignMode).toBe('slave');
  });

  it('says every mistake with file, line and column', () => {
    const message = refusal(
      [
        'observer:',
        '  repository:',
        '    clientsMaxIdle: 2',
        '    callMaxIdleTimeInSec: 30',
        '  sources:',
        '    rest: {enabled: maybe}',
        'endpoint: {}',
      ].join('\n'),
    );
    expect(message).toContain('4 problems');
    expect(message).toContain('observer.yaml:3:21: "clientsMaxIdle" must be at least 3');
    expect(message).toContain('observer.yaml:4:5: unknown key "callMaxIdleTimeInSec"');
    expect(message).toContain('did you mean "callMaxIdleTimeInS"?');
    expect(message).toContain('observer.yaml:6:21:');
    expect(message).toContain('observer.yaml:7:1: unknown key "endpoint"');
  });

  it.each([
    ['a sink of no known type', 'a:\n  type: RabbitSink\n', 'observer.yaml:4:'],
    ['a sink without what it needs', 'a:\n  type: KafkaSink\n  config: {topic: x}\n', 'properties'],
    [
      'both ways to name a MongoDB',
      'a:\n  type: MongoSink\n  config: {database: d, uri: u, connection: {servers: [s]}}\n',
      'either uri or connection',
    ],
    [
      'Firehose without a stream',
      'a:\n  type: FirehoseSink\n  config: {regionId: r}\n',
      'defaultDeliveryStreamId or streams',
    ],
    [
      'an unknown report type',
      'a:\n  type: AwsS3Sink\n  config: {regionId: r, bucketName: b, prefixes: {call-events: x}}\n',
      'unknown key "call-events"',
    ],
    [
      'an unknown filter',
      'a:\n  type: LoggerSink\n  reports: {sendEverything: true}\n',
      'unknown key "sendEverything"',
    ],
    [
      'an unknown kind of credentials',
      'a:\n  type: AwsS3Sink\n  config: {regionId: r, bucketName: b, credentials: {type: AwsMagic}}\n',
      'AwsMagic',
    ],
  ])('refuses %s', (_, text, expected) => {
    expect(refusal(sinks(text))).toContain(expected);
  });

  it('refuses YAML that is none', () => {
    expect(refusal('observer: [')).toMatch(/observer\.yaml:\d+:\d+:/);
    expect(refusal('- a\n- b\n')).toContain('not a map of keys');
    expect(refusal('observer:\n  hamok: {}\n  hamok: {}\n')).toContain('observer.yaml:3:3:');
  });

  it('filters by report type, in upstream’s spelling and in the right one', () => {
    const { config } = read(
      sinks(
        'a:\n  type: LoggerSink\n  reports: {sendIceCanddiatePairs: false, sendCallEvents: true}\nb:\n  type: LoggerSink\n  reports: {sendIceCandidatePairs: false}\n',
      ),
    );
    for (const sink of Object.values(config.observer.sinks)) {
      expect(sink.reports?.has('ice-candidate-pair')).toBe(false);
      expect(sink.reports?.size).toBe(17);
    }
  });

  it('gives sinks upstream’s batches, and what their own buffer says', () => {
    const { config } = read(
      `observer:\n  buffers: {reportsCollector: {maxItems: 10000, maxTimeInMs: 500}}\n  sinks:\n    a: {type: LoggerSink}\n    b: {type: LoggerSink, buffer: {maxItems: 7, batchItems: 2}}\n    c: {type: KafkaSink, config: {tryReconnectOnFailure: false, properties: {bootstrap.servers: x}}}\n`,
    );
    const limits = Object.values(config.observer.sinks).map((sink) => queueLimits(config, sink));
    expect(limits[0]).toMatchObject({ batchItems: 10_000, batchTimeMs: 500, keepTrying: true });
    expect(limits[1]).toMatchObject({ batchItems: 2, bufferItems: 7 });
    expect(limits[2]?.keepTrying).toBe(false);
  });

  it('names tokens, with an end and a number of web sockets', () => {
    const { config } = read(
      'observer:\n  security:\n    tokens:\n      - {token: secret-one, expiresAt: 2026-01-01T00:00:00Z, maxWebsockets: 2}\n      - {token: secret-two}\n',
    );
    expect(accessTokens(config)).toEqual([
      { token: 'secret-one', expiresAtMs: Date.UTC(2026, 0, 1), maxWebsockets: 2 },
      { token: 'secret-two', expiresAtMs: null, maxWebsockets: null },
    ]);
  });
});
