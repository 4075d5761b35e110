import { z } from 'zod';
import { duration } from './quantities.ts';

/** A long form of a gate; the short form is its expression alone. */
export const gateSchema = z.union([
  z.string().min(1).max(500),
  z.strictObject({
    expression: z.string().min(1).max(500).describe('As `p95(participant.rtt_ms{engine=browser}) < 50`'),
    level: z
      .enum(['error', 'warn'])
      .default('error')
      .describe('`warn` is shown and never changes the verdict'),
    minSamples: z
      .int()
      .min(1)
      .max(1_000_000_000)
      .optional()
      .describe('With fewer samples it is inconclusive; what the aggregate needs when absent'),
    window: z.string().min(1).max(60).default('steady').describe('`steady`, `all` or the name of a stage'),
  }),
]);

export const samplingSchema = z
  .strictObject({
    interval: duration(200, 60_000).default(1000).describe('Between two readings of everybody (default 1s)'),
    maxTrackRows: z
      .int()
      .min(0)
      .max(100_000_000)
      .default(500_000)
      .describe(
        'Rows of tracks.csv that a run may write; with more to come they are written at a longer interval',
      ),
  })
  .transform(({ interval, ...rest }) => ({ ...rest, intervalMs: interval }))
  .describe('How often everybody is read');

export const browserSchema = z
  .strictObject({
    executable: z
      .string()
      .min(1)
      .max(4096)
      .optional()
      .describe('Chromium to start; what `setup` found when absent'),
    noSandbox: z
      .boolean()
      .optional()
      .describe(
        'true: run Chromium without its sandbox; false: never; only where the host allows no sandbox (as root) when absent. Recorded as a warning',
      ),
    args: z
      .array(
        z
          .string()
          .max(500)
          .regex(/^--[a-z0-9][a-z0-9-]*(=.*)?$/, 'must look like --flag or --flag=value'),
      )
      .max(50)
      .default([])
      .describe('More arguments for Chromium'),
    startTimeout: duration(1000, 600_000).default(60_000).describe('Until Chromium answers (default 60s)'),
  })
  .transform(({ startTimeout, ...rest }) => ({ ...rest, startTimeoutMs: startTimeout }))
  .describe('The browser engine');

export const syntheticSchema = z
  .strictObject({
    shards: z
      .int()
      .min(1)
      .max(256)
      .optional()
      .describe('Worker threads; as many as the participants and cores ask for when absent'),
    packetLoop: z
      .enum(['auto', 'native', 'typescript'])
      .default('auto')
      .describe('What sends and receives: the native addon where it is built, or TypeScript'),
  })
  .describe('The synthetic engine');

export const probeSchema = z
  .strictObject({
    duration: duration(1000, 600_000).default(5000).describe('How long each measurement takes (default 5s)'),
    prober: z.enum(['builtin', 'iperf3']).default('builtin').describe('What sends'),
    server: z
      .string()
      .min(1)
      .max(300)
      .optional()
      .describe('HOST:PORT of the other end; both ends here when absent'),
    size: z.int().min(16).max(65_000).default(1200).describe('Bytes of UDP payload'),
    rate: z
      .number()
      .positive()
      .max(10_000_000)
      .optional()
      .describe('Packets a second; searched for when absent'),
  })
  .transform(({ duration: durationMs, size: sizeBytes, rate: ratePps, ...rest }) => ({
    ...rest,
    durationMs,
    sizeBytes,
    ratePps: ratePps ?? null,
  }))
  .describe('Measure the UDP path before the participants join');
