import { randomUUID } from 'node:crypto';
import type { Clock } from '../system/types.ts';
import { defaultSettings, type EvaluationSettings } from './evaluate/settings.ts';
import { createObfuscator, type ObfuscationSettings } from './obfuscate.ts';
import { Observer } from './observer.ts';
import { DEFAULT_FILE_SINK, type FileSinkOptions, openFileSink, rowsForFiles } from './sinks/file.ts';
import { DEFAULT_QUEUE_LIMITS, type QueueLimits } from './sinks/limits.ts';
import { SinkQueue } from './sinks/queue.ts';
import { ALL_TYPES, type SinkRoute } from './sinks/route.ts';
import { RowPacker } from './sinks/rows.ts';

export type { EvaluationSettings, IdleLimits } from './evaluate/settings.ts';
export type { SampleSource } from './model/types.ts';
export type { ClientReference, Observer } from './observer.ts';
export type { ClientSample, SfuSample } from './schema/samples.ts';
export type { SinkRoute } from './sinks/route.ts';
export type { ObserverSummary } from './summary.ts';

/** Samples evaluated together by default: observer-service `application.yaml`. */
export const DEFAULT_COLLECTOR = { maxItems: 100, maxTimeMs: 1000 };

export interface CreateObserverOptions {
  clock: Clock;
  sinks: readonly SinkRoute[];
  settings?: Partial<EvaluationSettings>;
  collector?: { maxItems: number; maxTimeMs: number };
  obfuscation?: ObfuscationSettings;
  keepSummary?: boolean;
  /** Names calls in master mode; default random UUIDs. */
  newCallId?(): string;
}

/** An observer in this process. `start` it, add samples, and `close` it. */
export function createObserver(options: CreateObserverOptions): Observer {
  return new Observer({
    clock: options.clock,
    settings: { ...defaultSettings(), ...options.settings },
    routes: options.sinks,
    collector: options.collector ?? DEFAULT_COLLECTOR,
    obfuscator: options.obfuscation === undefined ? null : createObfuscator(options.obfuscation),
    newCallId: options.newCallId ?? randomUUID,
    keepSummary: options.keepSummary ?? false,
  });
}

/**
 * Everything that is there, as soon as there is something worth a write: while thousands of sockets have something to
 * say, a turn of the event loop brings tens of thousands of reports, and what has to wait for one more is memory.
 */
const FILE_LIMITS: QueueLimits = {
  ...DEFAULT_QUEUE_LIMITS,
  batchItems: 200_000,
  promptItems: 5000,
  batchTimeMs: 100,
  bufferItems: 400_000,
};

/** One file a report type in `directory`, behind a buffer. */
export function fileRoute(
  directory: string,
  clock: Clock,
  options: {
    file?: Partial<FileSinkOptions>;
    limits?: Partial<QueueLimits>;
    onTrouble?(name: string, message: string): void;
  } = {},
): SinkRoute {
  const file = { ...DEFAULT_FILE_SINK, ...options.file, directory };
  const limits = { ...FILE_LIMITS, ...options.limits };
  const queue = new SinkQueue({
    name: 'files',
    open: () => openFileSink(file),
    packer: new RowPacker(rowsForFiles(file), limits.batchItems),
    limits,
    clock,
    ...(options.onTrouble === undefined ? {} : { onTrouble: options.onTrouble }),
  });
  return { queue, types: ALL_TYPES };
}
