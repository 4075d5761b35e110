import type { Report } from '../../../src/observer/reports/types.ts';
import { DEFAULT_QUEUE_LIMITS, type QueueLimits } from '../../../src/observer/sinks/limits.ts';
import { SinkQueue } from '../../../src/observer/sinks/queue.ts';
import type { Sink } from '../../../src/observer/sinks/types.ts';
import { createSystem } from '../../../src/system/real.ts';

/** A call event that can be told from others by `value`. */
export function eventReport(value: number, more: { callId?: string; serviceId?: string } = {}): Report {
  return {
    type: 'call-event',
    own: {
      serviceId: 'svc',
      timestamp: 1_700_000_000_000 + value,
      name: 'CLIENT_JOINED',
      value: String(value),
      ...more,
    },
    base: {},
    stat: {},
  };
}

export const eventReports = (from: number, to: number): Report[] =>
  Array.from({ length: to - from + 1 }, (_, index) => eventReport(from + index));

/** The queue that a sink has in the service, with short limits. */
export function queueBefore(open: () => Promise<Sink>, limits: Partial<QueueLimits> = {}): SinkQueue {
  return new SinkQueue({
    name: 'under test',
    open,
    clock: createSystem().clock,
    limits: {
      ...DEFAULT_QUEUE_LIMITS,
      batchItems: 100,
      batchTimeMs: 50,
      retryMaxMs: 1000,
      drainMs: 60_000,
      ...limits,
    },
  });
}

export const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => String(from + index));
