import { expect } from 'vitest';
import type { Report } from '../../../src/observer/reports/types.ts';
import { DEFAULT_QUEUE_LIMITS, type QueueLimits } from '../../../src/observer/sinks/limits.ts';
import { SinkQueue } from '../../../src/observer/sinks/queue.ts';
import type { Sink } from '../../../src/observer/sinks/types.ts';
import { createSystem } from '../../../src/system/real.ts';
import type { TestServer } from './server.ts';

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

const HANG_LIMITS = { bufferItems: 300, writeTimeoutMs: 1000 };

/**
 * What must hold before every server: it hangs with more on the way than the buffer holds, and when it is back it has
 * everything up to the buffer's bound, while the rest is counted. Resolves to the values that it must have then.
 */
export async function outlastHang(open: () => Promise<Sink>, server: TestServer): Promise<string[]> {
  const queue = queueBefore(open, HANG_LIMITS);
  for (const report of eventReports(1, 50)) queue.push(report);
  await expect.poll(() => queue.counters.written, { timeout: 20_000 }).toBe(50);
  server.hang();
  for (const report of eventReports(51, 450)) queue.push(report);
  await expect.poll(() => queue.counters.retries, { timeout: 20_000 }).toBeGreaterThan(0);
  expect(queue.buffered).toBe(HANG_LIMITS.bufferItems);
  server.resume();
  await queue.close();
  expect(queue.counters).toMatchObject({
    written: 350,
    dropped: { 'buffer-full': 100, rejected: 0, 'given-up': 0, closed: 0 },
  });
  return numbers(1, 350);
}

/** A server that dies with reports on their way and comes back; resolves when all 400 are written. */
export async function outlastDeath(
  open: () => Promise<Sink>,
  die: () => Promise<void>,
  comeBack: () => Promise<void>,
): Promise<void> {
  const queue = queueBefore(open);
  for (const report of eventReports(1, 50)) queue.push(report);
  await expect.poll(() => queue.counters.written, { timeout: 20_000 }).toBe(50);
  await die();
  for (const report of eventReports(51, 400)) queue.push(report);
  await expect.poll(() => queue.counters.retries, { timeout: 20_000 }).toBeGreaterThan(0);
  await comeBack();
  await queue.close();
  expect(queue.counters).toMatchObject({ written: 400, dropped: { 'buffer-full': 0, closed: 0 } });
}
