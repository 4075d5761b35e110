import { z } from 'zod';
import { CSV_DIALECTS, type CsvDialectName } from '../reports/csv-dialects.ts';
import { namesByType, reportFilter } from './report-keys.ts';

/** A word in any case, as upstream reads its enumerations. */
function word<const Values extends readonly [string, ...string[]]>(values: Values) {
  const normalise = (value: unknown): unknown =>
    typeof value === 'string'
      ? (values.find((name) => name.toLowerCase() === value.toLowerCase()) ?? value)
      : value;
  return z.preprocess(normalise, z.enum(values));
}

const csvFormat = word(Object.keys(CSV_DIALECTS) as [CsvDialectName, ...CsvDialectName[]]).default('DEFAULT');
const encodingType = word(['CSV', 'JSON']).default('CSV');

const staticCredentials = z.strictObject({
  accessKeyId: z.string().min(1),
  secretAccessKey: z.string().min(1),
  sessionToken: z.string().min(1).optional(),
});

/** Kinds of AWS credentials, by upstream's names. */
export type AwsCredentials =
  | { type: 'AwsStatic'; config: z.output<typeof staticCredentials> }
  | { type: 'AwsEnvironmentVariable'; config?: unknown }
  | { type: 'AwsSystemProperty'; config?: unknown }
  | {
      type: 'AwsProfile';
      config: {
        profileFilePath?: string | undefined;
        profileFileType: 'CONFIGURATION' | 'CREDENTIALS';
        profileName?: string | undefined;
      };
    }
  | {
      type: 'AwsStsAssumeRoleSession';
      config: {
        regionId?: string | undefined;
        roleArn: string;
        roleSessionName: string;
        credentials?: AwsCredentials | undefined;
        serialNumber?: string | undefined;
        policy?: string | undefined;
        externalId?: string | undefined;
      };
    }
  | {
      type: 'AwsWebIdentityTokenFile';
      config?:
        | {
            roleArn?: string | undefined;
            roleSessionName?: string | undefined;
            webIdentityTokenFile?: string | undefined;
          }
        | undefined;
    };

const nothing = z.strictObject({}).optional();
const text = z.string().min(1);

const awsCredentials: z.ZodType<AwsCredentials> = z.lazy(() =>
  z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('AwsStatic'), config: staticCredentials }),
    z.strictObject({ type: z.literal('AwsEnvironmentVariable'), config: nothing }),
    z.strictObject({ type: z.literal('AwsSystemProperty'), config: nothing }),
    z.strictObject({
      type: z.literal('AwsProfile'),
      config: z.strictObject({
        profileFilePath: text.optional(),
        profileFileType: word(['CONFIGURATION', 'CREDENTIALS']).default('CREDENTIALS'),
        profileName: text.optional(),
      }),
    }),
    z.strictObject({
      type: z.literal('AwsStsAssumeRoleSession'),
      config: z.strictObject({
        regionId: text.optional(),
        roleArn: text,
        roleSessionName: text,
        credentials: awsCredentials.optional(),
        serialNumber: text.optional(),
        policy: text.optional(),
        externalId: text.optional(),
      }),
    }),
    z.strictObject({
      type: z.literal('AwsWebIdentityTokenFile'),
      config: z
        .strictObject({
          roleArn: text.optional(),
          roleSessionName: text.optional(),
          webIdentityTokenFile: text.optional(),
        })
        .optional(),
    }),
  ]),
);

const aws = {
  regionId: text,
  credentials: awsCredentials.optional(),
  encodingType,
  csvFormat,
  /** Ours: address of a server that speaks the same protocol. */
  endpoint: z.url().optional(),
};

/** Ours: how the buffer before a sink behaves. */
const buffer = z
  .strictObject({
    maxItems: z.int().positive().optional(),
    batchItems: z.int().positive().optional(),
    batchTimeInMs: z.int().positive().optional(),
    writeTimeoutInMs: z.int().positive().optional(),
    drainTimeInMs: z.int().nonnegative().optional(),
    spillDirectory: text.optional(),
    spillMaxBytes: z
      .int()
      .positive()
      .default(1024 ** 3),
  })
  .optional();

const common = { reports: reportFilter.optional(), buffer };

const loggerConfig = z.strictObject({
  logLevel: text.default('INFO'),
  printReports: z.boolean().default(false),
  printTypeSummary: z.boolean().default(false),
});

const kafkaConfig = z.strictObject({
  tryReconnectOnFailure: z.boolean().default(true),
  topic: text.default('reports'),
  keyAssignmentStrategy: word([
    'RANDOM',
    'INSTANCE_BASED',
    'OBJECT_HIERACHY_BASED',
    'OBJECT_HIERARCHY_BASED',
  ]).default('INSTANCE_BASED'),
  properties: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
});

const mongoConfig = z
  .strictObject({
    uri: text.optional(),
    connection: z
      .strictObject({
        username: text.optional(),
        password: text.optional(),
        servers: z.array(text).min(1),
      })
      .optional(),
    database: text,
    savingStrategy: word(['REPORT_TYPE_BASED', 'SERVICE_ID_BASED', 'ONE_COLLECTION']).default(
      'REPORT_TYPE_BASED',
    ),
    printSummary: z.boolean().default(false),
  })
  .refine((config) => (config.uri === undefined) !== (config.connection === undefined), {
    message: 'needs either uri or connection',
  });

const firehoseConfig = z
  .strictObject({
    ...aws,
    defaultDeliveryStreamId: text.optional(),
    streams: namesByType.optional(),
    csvChunkSize: z.int().positive().default(100),
  })
  .refine((config) => config.defaultDeliveryStreamId !== undefined || (config.streams?.size ?? 0) > 0, {
    message: 'needs defaultDeliveryStreamId or streams',
  });

const s3Config = z.strictObject({
  ...aws,
  bucketName: text,
  defaultPrefix: z.string().default(''),
  addServiceIdPrefix: z.boolean().default(false),
  addReportCategoryPrefix: z.boolean().default(false),
  addSfuOrCallIdPrefix: z.boolean().default(false),
  prefixes: namesByType.optional(),
  /** Ours: address buckets by path instead of by host name, as other servers want it. */
  forcePathStyle: z.boolean().default(false),
});

const fileConfig = z.strictObject({
  directory: text,
  encodingType,
  csvFormat,
  rotateBytes: z.int().positive().optional(),
  keepFiles: z.int().nonnegative().optional(),
});

/** One entry of `observer.sinks`. `FileSink` and `buffer` are ours. */
export const sinkConfig = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('LoggerSink'), config: loggerConfig.prefault({}), ...common }),
  z.strictObject({ type: z.literal('FileSink'), config: fileConfig, ...common }),
  z.strictObject({ type: z.literal('KafkaSink'), config: kafkaConfig, ...common }),
  z.strictObject({ type: z.literal('MongoSink'), config: mongoConfig, ...common }),
  z.strictObject({ type: z.literal('FirehoseSink'), config: firehoseConfig, ...common }),
  z.strictObject({ type: z.literal('AwsS3Sink'), config: s3Config, ...common }),
]);

export type SinkConfig = z.output<typeof sinkConfig>;
export type KafkaConfig = z.output<typeof kafkaConfig>;
export type MongoConfig = z.output<typeof mongoConfig>;
export type FirehoseConfig = z.output<typeof firehoseConfig>;
export type S3Config = z.output<typeof s3Config>;
export type FileConfig = z.output<typeof fileConfig>;
