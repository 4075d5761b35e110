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

const gridAddress = z
  .url({ protocol: /^https?$/ })
  .max(4096)
  .describe('Address of the grid, as `http://host:4444`');

const gridSchema = z.strictObject({
  url: gridAddress
    .optional()
    .describe(
      'Address of the grid; from the environment variable RTC_BENCH_GRID when absent, for it may be a secret',
    ),
  version: z.string().min(1).max(100).optional().describe('Version of the browser that is asked for'),
  platform: z.string().min(1).max(100).optional().describe('Platform that is asked for, as `linux`'),
  capabilities: z
    .record(z.string().min(1).max(200), z.json())
    .default({})
    .describe('Further WebDriver capabilities, as the grid asks for them'),
  clearLeftovers: z
    .boolean()
    .default(false)
    .describe('Delete sessions that killed runs of this host have left there; also `--clear-grid`'),
});

export const browserSchema = z
  .strictObject({
    name: z
      .enum(['chromium', 'firefox', 'edge'])
      .default('chromium')
      .describe('Which browser, where a group names none; `edge` only on a grid'),
    participantsPerPage: z
      .int()
      .min(1)
      .max(50)
      .default(4)
      .describe('Participants that share a page, or a session on a grid'),
    grid: z
      .union([gridAddress, gridSchema])
      .optional()
      .describe(
        'A Selenium Grid whose browsers are used instead of those on this host: its address or its settings',
      ),
    advertise: z
      .union([z.ipv4(), z.ipv6()])
      .optional()
      .describe(
        'Address of this host by which browsers reach page, signalling and media; those are then open to others. Needed for a grid elsewhere, and for Firefox where the host allows no network namespace; also `--advertise`',
      ),
    executable: z
      .string()
      .min(1)
      .max(4096)
      .optional()
      .describe('Browser to start; what `setup` found when absent'),
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
      .describe('More arguments for the browser'),
    startTimeout: duration(1000, 600_000).default(60_000).describe('Until the browser answers (default 60s)'),
  })
  .transform(({ startTimeout, grid, ...rest }) => ({
    ...rest,
    startTimeoutMs: startTimeout,
    grid: typeof grid === 'string' ? { url: grid, capabilities: {}, clearLeftovers: false } : grid,
  }))
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
    size: z.int().min(32).max(65_000).default(1200).describe('Bytes of UDP payload'),
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
