import type { ProducerOptions } from '@platformatic/kafka';
import { usageError } from '../../errors.ts';
import type { KafkaConfig } from '../config/sinks.ts';

type Options = ProducerOptions<string, string, string, string>;
type Properties = KafkaConfig['properties'];

/** Properties of Kafka's Java producer that mean something here. */
const HEEDED = new Set([
  'bootstrap.servers',
  'client.id',
  'acks',
  'compression.type',
  'max.request.size',
  'security.protocol',
  'sasl.mechanism',
  'sasl.jaas.config',
]);

/** Largest message that Kafka's brokers take by default, less room for its envelope. */
const DEFAULT_MAX_REQUEST_BYTES = 1_000_000;

export interface KafkaProducerSettings {
  options: Options;
  acks: number;
  maxMessageBytes: number;
  /** Names of properties that have no meaning here. */
  unheeded: string[];
}

const wrong = (message: string): never => {
  throw usageError(
    'RTCB_OBSERVER_KAFKA',
    message,
    'see docs/observer.md for the properties that are understood',
  );
};

function security(properties: Properties): Pick<Options, 'tls' | 'sasl'> {
  const protocol = String(properties['security.protocol'] ?? 'PLAINTEXT').toUpperCase();
  if (!['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'].includes(protocol)) {
    wrong(`security.protocol ${protocol} is not known`);
  }
  const tls = protocol.endsWith('SSL') ? { tls: {} } : {};
  if (!protocol.startsWith('SASL')) return tls;
  const mechanism = String(properties['sasl.mechanism'] ?? 'PLAIN').toUpperCase();
  if (mechanism !== 'PLAIN' && mechanism !== 'SCRAM-SHA-256' && mechanism !== 'SCRAM-SHA-512') {
    return wrong(`sasl.mechanism ${mechanism} is not known`);
  }
  const jaas = String(properties['sasl.jaas.config'] ?? '');
  const username = /username="([^"]*)"/.exec(jaas)?.[1];
  const password = /password="([^"]*)"/.exec(jaas)?.[1];
  if (username === undefined || password === undefined) {
    return wrong('sasl.jaas.config names no username and password');
  }
  return { ...tls, sasl: { mechanism, username, password } };
}

function acksOf(value: Properties[string] | undefined): number {
  const text = String(value ?? 'all');
  if (text === 'all' || text === '-1') return -1;
  return text === '0' || text === '1' ? Number(text) : wrong(`acks ${text} is not 0, 1 or all`);
}

/**
 * The driver's options for the properties of Kafka's own producer. The driver's retries are few and short: trying
 * again is the queue's business, and a dead broker must answer with an error soon.
 */
export function kafkaProducerSettings(properties: Properties): KafkaProducerSettings {
  const bootstrapBrokers = String(properties['bootstrap.servers'] ?? '')
    .split(',')
    .map((server) => server.trim())
    .filter((server) => server !== '');
  if (bootstrapBrokers.length === 0) wrong('properties.bootstrap.servers is missing');
  const compression = String(properties['compression.type'] ?? 'none');
  return {
    options: {
      clientId: String(properties['client.id'] ?? 'rtc-bench-observer'),
      bootstrapBrokers,
      autocreateTopics: true,
      retries: 2,
      retryDelay: 200,
      connectTimeout: 3000,
      timeout: 5000,
      ...(compression === 'none' ? {} : { compression: compression as 'gzip' }),
      ...security(properties),
    },
    acks: acksOf(properties.acks),
    maxMessageBytes: Number(properties['max.request.size'] ?? DEFAULT_MAX_REQUEST_BYTES),
    unheeded: Object.keys(properties).filter((name) => !HEEDED.has(name)),
  };
}
