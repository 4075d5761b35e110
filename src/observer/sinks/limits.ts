/** How a sink's buffer behaves. */
export interface QueueLimits {
  /** Reports a write at most. */
  batchItems: number;
  /** As soon as so many wait they are written, although a batch has room for more; default a whole batch. */
  promptItems?: number;
  /** A report waits at most this long for a batch to fill, in milliseconds. */
  batchTimeMs: number;
  /** Reports that are kept while the sink is slow or dead; beyond it they are spilled, or dropped and counted. */
  bufferItems: number;
  /** A write that takes longer is given up and tried again, in milliseconds. */
  writeTimeoutMs: number;
  /** Pause before the first repetition; doubled each time up to the maximum. Milliseconds. */
  retryMinMs: number;
  retryMaxMs: number;
  /** false: after one failure the sink is given up and what comes for it is dropped and counted. */
  keepTrying: boolean;
  /** How long `close` waits for what is buffered, in milliseconds. */
  drainMs: number;
}

export const DEFAULT_QUEUE_LIMITS: QueueLimits = {
  batchItems: 1000,
  batchTimeMs: 1000,
  bufferItems: 50_000,
  writeTimeoutMs: 10_000,
  retryMinMs: 250,
  retryMaxMs: 30_000,
  keepTrying: true,
  drainMs: 5000,
};
