import { join } from 'node:path';
import { environmentError } from '../../errors.ts';
import type { Clock, TextStream } from '../../system/types.ts';
import { queueLimits } from '../config/apply.ts';
import type { ObserverConfig } from '../config/schema.ts';
import type { SinkConfig } from '../config/sinks.ts';
import type { ReportType } from '../reports/types.ts';
import { DEFAULT_FILE_SINK, openFileSink } from './file.ts';
import { createLoggerSink } from './logger.ts';
import { SinkQueue } from './queue.ts';
import { ALL_TYPES, type SinkRoute } from './route.ts';
import { openSpill } from './spill.ts';
import type { Sink } from './types.ts';

export interface SinkSurroundings {
  clock: Clock;
  /** Where LoggerSink writes. */
  log: TextStream;
  env: Readonly<Record<string, string | undefined>>;
  onTrouble(name: string, message: string): void;
}

/** The sinks that need a package which not every installation has. */
async function optional<Module>(
  what: string,
  packages: string,
  load: () => Promise<Module>,
): Promise<Module> {
  try {
    return await load();
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'ERR_MODULE_NOT_FOUND')) throw cause;
    throw environmentError(
      'RTCB_OBSERVER_SINK_PACKAGE',
      `${what} needs ${packages}, which is not installed`,
      {
        hint: `npm install ${packages}`,
        cause,
      },
    );
  }
}

async function openSink(sink: SinkConfig, { log, env }: SinkSurroundings): Promise<Sink> {
  switch (sink.type) {
    case 'LoggerSink':
      return createLoggerSink(sink.config, log);
    case 'FileSink': {
      const { encodingType, rotateBytes, keepFiles, ...rest } = sink.config;
      return openFileSink({
        ...DEFAULT_FILE_SINK,
        ...rest,
        encoding: encodingType === 'CSV' ? 'csv' : 'json',
        ...(rotateBytes === undefined ? {} : { rotateBytes }),
        ...(keepFiles === undefined ? {} : { keepFiles }),
        types: [...(sink.reports ?? ALL_TYPES)],
      });
    }
    case 'KafkaSink': {
      const kafka = await optional('KafkaSink', '@platformatic/kafka', () => import('./kafka.ts'));
      return kafka.openKafkaSink(sink.config, log);
    }
    case 'MongoSink': {
      const mongo = await optional('MongoSink', 'mongodb', () => import('./mongo.ts'));
      return mongo.openMongoSink(sink.config, log);
    }
    case 'FirehoseSink': {
      const packages = '@aws-sdk/client-firehose @aws-sdk/credential-providers';
      const firehose = await optional('FirehoseSink', packages, () => import('./firehose.ts'));
      return firehose.openFirehoseSink(sink.config, env);
    }
    case 'AwsS3Sink': {
      const packages = '@aws-sdk/client-s3 @aws-sdk/credential-providers';
      const s3 = await optional('AwsS3Sink', packages, () => import('./s3.ts'));
      return s3.openS3Sink(sink.config, env);
    }
  }
}

/** What a sink is sent: what its filter lets through and, to Firehose, only what has a stream. */
function wantedTypes(sink: SinkConfig): ReadonlySet<ReportType> {
  const types = sink.reports ?? ALL_TYPES;
  if (sink.type !== 'FirehoseSink' || sink.config.defaultDeliveryStreamId !== undefined) return types;
  return new Set([...types].filter((type) => sink.config.streams?.has(type) === true));
}

/** A buffer for each configured sink; the sinks themselves are opened by `prepare`, or by the first report. */
export function createRoutes(config: ObserverConfig, surroundings: SinkSurroundings): SinkRoute[] {
  return Object.entries(config.observer.sinks).map(([name, sink]) => {
    const spill = sink.buffer?.spillDirectory;
    const file = `${name.replace(/[^\w.-]/g, '_')}.spill.ndjson`;
    const queue = new SinkQueue({
      name,
      open: () => openSink(sink, surroundings),
      limits: queueLimits(config, sink),
      clock: surroundings.clock,
      onTrouble: surroundings.onTrouble,
      ...(spill === undefined || sink.buffer === undefined
        ? {}
        : { spill: openSpill(join(spill, file), sink.buffer.spillMaxBytes) }),
    });
    queue.resume();
    return { queue, types: wantedTypes(sink) };
  });
}
