import { z } from 'zod';
import { DEFAULT_MAX_IDLE_S, MIN_MAX_IDLE_S } from '../evaluate/settings.ts';
import { nodeHashName } from '../obfuscate.ts';
import { sinkConfig } from './sinks.ts';

/**
 * The upstream configuration: the keys of observer-service's README, no others, each with upstream's default. What
 * is about Java, its cluster or its framework is accepted so that a file can be taken over as it stands; reading it
 * says which of those keys do nothing here.
 */

const flag = (byDefault: boolean) => z.boolean().default(byDefault);
const section = <Shape extends z.core.$ZodLooseShape>(shape: Shape) => z.strictObject(shape);
const anything = z.unknown().optional();
const idleS = z.int().min(MIN_MAX_IDLE_S).default(DEFAULT_MAX_IDLE_S);
const port = z.int().min(0).max(65_535);

const metricFlag = section({ enabled: anything, exposePeriodInMins: anything }).optional();

const metrics = section({
  prefix: z
    .string()
    .regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/, 'is not a name that Prometheus takes')
    .default('observertc'),
  serviceIdTagName: anything,
  mediaUnitIdTagName: anything,
  evaluatorMetrics: metricFlag,
  reportMetrics: metricFlag,
  sinkMetrics: metricFlag,
  sourceMetrics: metricFlag,
  repositoryMetrics: metricFlag,
});

const sources = section({
  acceptSfuSamples: flag(true),
  acceptClientSamples: flag(true),
  useServerTimestamp: flag(false),
  rest: section({ enabled: flag(true) }).prefault({}),
  websocket: section({ enabled: flag(true), minRemotePeers: anything }).prefault({}),
});

const repository = section({
  useBackups: anything,
  callMaxIdleTimeInS: idleS,
  sfuMaxIdleTimeInS: idleS,
  sfuTransportMaxIdleTimeInS: idleS,
  clientsMaxIdle: idleS,
  peerConnectionsMaxIdle: idleS,
  inboundTracksMaxIdle: idleS,
  outboundTracksMaxIdle: idleS,
  sfuInboundRtpPadMaxIdleTimeInS: idleS,
  sfuOutboundRtpPadMaxIdleTimeInS: idleS,
  sfuSctpChannelMaxIdleTimeInS: idleS,
});

const limits = (maxItems: number, maxTimeInMs: number) =>
  section({
    maxItems: z.int().positive().default(maxItems),
    maxTimeInMs: z.int().positive().default(maxTimeInMs),
  });

const buffers = section({
  samplesCollector: limits(100, 1000).prefault({}),
  debouncers: anything,
  reportsCollector: limits(1000, 1000).prefault({}),
});

const hashAlgorithm = z
  .string()
  .default('SHA-256')
  .refine((name) => nodeHashName(name) !== null, {
    message: 'is not a hash algorithm that this Node.js knows',
  });

const security = section({
  printConfigs: anything,
  obfuscations: section({ hashAlgorithm, hashSalt: z.string().default('') }).prefault({}),
  /** Ours: who may send samples. */
  tokens: z
    .array(
      section({
        token: z.string().min(8),
        expiresAt: z.iso.datetime({ offset: true }).optional(),
        maxWebsockets: z.int().positive().optional(),
      }),
    )
    .default([]),
});

const lowerCase = (value: unknown): unknown => (typeof value === 'string' ? value.toLowerCase() : value);
const obfuscation = z.preprocess(lowerCase, z.enum(['none', 'anonymization'])).default('none');

const evaluators = section({
  callUpdater: section({
    callIdAssignMode: z.preprocess(lowerCase, z.enum(['master', 'slave'])).default('master'),
  }).prefault({}),
  clientSamplesAnalyser: section({ dropUnmatchedReports: flag(false) }).prefault({}),
  sfuSamplesAnalyser: section({
    dropUnmatchedInboundReports: flag(false),
    dropUnmatchedOutboundReports: flag(false),
    dropUnmatchedInternalInboundReports: flag(false),
  }).prefault({}),
  obfuscator: section({
    enabled: flag(false),
    iceAddresses: obfuscation,
    roomId: obfuscation,
    userId: obfuscation,
  }).prefault({}),
});

const observer = section({
  metrics: metrics.prefault({}),
  sources: sources.prefault({}),
  repository: repository.prefault({}),
  buffers: buffers.prefault({}),
  security: security.prefault({}),
  evaluators: evaluators.prefault({}),
  sinks: z.record(z.string().min(1), sinkConfig).default({}),
  hamok: section({ storageGrid: anything, discovery: anything, endpoint: anything }).optional(),
});

const endpoint = section({ enabled: flag(true), sensitive: anything });

export const configSchema = section({
  micronaut: section({
    server: section({ port: port.optional() }).prefault({}),
    metrics: anything,
    security: anything,
  }).prefault({}),
  endpoints: section({
    all: section({ port: port.optional() }).prefault({}),
    prometheus: endpoint.prefault({}),
    health: endpoint.prefault({}),
  }).prefault({}),
  observer: observer.prefault({}),
});

export type ObserverConfig = z.output<typeof configSchema>;

/** Keys that are read and then do nothing. */
export const KEYS_WITHOUT_EFFECT: readonly string[] = [
  'micronaut.metrics',
  'micronaut.security',
  'endpoints.prometheus.sensitive',
  'endpoints.health.sensitive',
  'observer.metrics.serviceIdTagName',
  'observer.metrics.mediaUnitIdTagName',
  'observer.metrics.evaluatorMetrics',
  'observer.metrics.reportMetrics',
  'observer.metrics.sinkMetrics',
  'observer.metrics.sourceMetrics',
  'observer.metrics.repositoryMetrics',
  'observer.sources.websocket.minRemotePeers',
  'observer.repository.useBackups',
  'observer.buffers.debouncers',
  'observer.security.printConfigs',
  'observer.hamok',
];
