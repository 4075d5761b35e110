import { describe, expect, it } from 'vitest';
import type { Report } from '../../src/observer/reports/types.ts';
import { keyStrategy } from '../../src/observer/sinks/kafka.ts';
import { kafkaProducerSettings } from '../../src/observer/sinks/kafka-options.ts';
import { collectionFor, mongoUri } from '../../src/observer/sinks/mongo.ts';
import { objectPrefix } from '../../src/observer/sinks/s3.ts';

const report = (values: object, type: Report['type'] = 'call-event'): Report => ({
  type,
  own: { serviceId: 'svc', ...values },
  base: {},
  stat: {},
});

describe('Kafka', () => {
  it('is told what the properties of its own producer say', () => {
    const { options, acks, maxMessageBytes, unheeded } = kafkaProducerSettings({
      'bootstrap.servers': 'one:9092, two:9092',
      acks: 1,
      'compression.type': 'gzip',
      'max.request.size': 5000,
      'security.protocol': 'SASL_SSL',
      'sasl.mechanism': 'SCRAM-SHA-256',
      'sasl.jaas.config': 'org.apache.kafka.Module required username="me" password="p w";',
      'linger.ms': 5,
    });
    expect(options).toMatchObject({
      bootstrapBrokers: ['one:9092', 'two:9092'],
      compression: 'gzip',
      tls: {},
      sasl: { mechanism: 'SCRAM-SHA-256', username: 'me', password: 'p w' },
    });
    expect([acks, maxMessageBytes, unheeded]).toEqual([1, 5000, ['linger.ms']]);
  });

  it.each([
    ['no brokers', {}],
    ['another protocol', { 'bootstrap.servers': 'b', 'security.protocol': 'KERBEROS' }],
    [
      'a mechanism it cannot speak',
      { 'bootstrap.servers': 'b', 'security.protocol': 'SASL_SSL', 'sasl.mechanism': 'GSSAPI' },
    ],
    ['a login without a name', { 'bootstrap.servers': 'b', 'security.protocol': 'SASL_SSL' }],
    ['acks that are none', { 'bootstrap.servers': 'b', acks: 'some' }],
  ])('refuses %s', (_, properties) => {
    expect(() => kafkaProducerSettings(properties)).toThrow(expect.objectContaining({ exitCode: 2 }));
  });

  it('keys a report by its call, else its client, else its SFU', () => {
    const key = keyStrategy('OBJECT_HIERARCHY_BASED');
    expect(key(report({ callId: 'c', clientId: 'x' }))).toBe('c');
    expect(key(report({ clientId: 'x', sfuId: 's' }))).toBe('x');
    expect(key(report({ sfuId: 's' }))).toBe('s');
    expect(key(report({}))).toBe('svc');
  });
});

describe('MongoDB', () => {
  it('is addressed by a uri or by its parts', () => {
    expect(mongoUri({ uri: 'mongodb://x' })).toBe('mongodb://x');
    expect(mongoUri({ connection: { username: 'a@b', password: 'p:w', servers: ['one', 'two:1'] } })).toBe(
      'mongodb://a%40b:p%3Aw@one,two:1',
    );
  });

  it('gets collections by strategy, whatever senders call their service', () => {
    const by = collectionFor('SERVICE_ID_BASED');
    expect([by(report({})), by(report({ serviceId: 'system.$x' })), by(report({ serviceId: '' }))]).toEqual([
      'svc',
      'system__x',
      'unnamed',
    ]);
    expect(collectionFor('ONE_COLLECTION')(report({}))).toBe('reports');
    expect(collectionFor('REPORT_TYPE_BASED')(report({}))).toBe('call-event');
  });
});

describe('S3', () => {
  const config = {
    regionId: 'r',
    bucketName: 'b',
    encodingType: 'CSV',
    csvFormat: 'DEFAULT',
    defaultPrefix: 'all',
    addServiceIdPrefix: true,
    addReportCategoryPrefix: true,
    addSfuOrCallIdPrefix: true,
    forcePathStyle: false,
  } as const;
  it('gets prefixes that no sender can break out of', () => {
    expect(objectPrefix(config, report({ serviceId: '../up', callId: '..' }))).toBe(
      'all/.._up/call-reports/_/call-event',
    );
    expect(objectPrefix(config, report({ sfuId: 's' }, 'sfu-event'))).toBe('all/svc/sfu-reports/s/sfu-event');
  });
});
