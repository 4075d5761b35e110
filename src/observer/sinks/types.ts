import type { Report } from '../reports/types.ts';

/** What became of a batch. Reports in neither list were written. */
export interface WriteResult {
  /** Worth another try: the receiver was busy, or took only a part. */
  readonly retry: readonly Report[];
  /** Never to be accepted, whatever is tried: too large, refused by its content. */
  readonly rejected: readonly Report[];
  /** Why, when either list is not empty. */
  readonly reason: string | null;
}

export const ALL_WRITTEN: WriteResult = { retry: [], rejected: [], reason: null };

/**
 * Where reports go. A sink only knows how to write one batch; buffering, retrying and counting are done for it by
 * `SinkQueue`. A batch that failed half-way may be written again: delivery is at least once.
 */
export interface Sink {
  /** What it is, for messages: `KafkaSink topic reports`. */
  readonly description: string;
  /**
   * Resolves when the batch is with the receiver; throws when nothing of it, or not known what, was written. Must
   * stop when `signal` is aborted. Never called again before it is settled or its time was up.
   */
  write(batch: readonly Report[], signal: AbortSignal): Promise<WriteResult>;
  /**
   * Settles writes that are over, when the event loop may be too busy to say so: with thousands of sockets to read,
   * seconds can pass between two looks at anything else. Called now and then while a write is under way.
   */
  poll?(): void;
  /** Lets go of connections and files. Called once, after the last write. */
  close(): Promise<void>;
}

/** Opens a sink when it is first needed, so that what it depends on is loaded only then. */
export type SinkFactory = () => Promise<Sink>;
