import type { System } from '../system/types.ts';
import { createBuiltinProber } from './builtin/prober.ts';
import { findMax } from './find-max.ts';
import { createIperf3Prober } from './iperf/prober.ts';
import { readKernelLimits } from './kernel-limits.ts';
import type { TrafficShape } from './shapes.ts';
import {
  DEFAULT_SESSION_BITRATE_BPS,
  type FindMaxTrial,
  type ProbeInterval,
  type ProbeResult,
  type Prober,
  type ProberName,
} from './types.ts';

/** Asked of the kernel unless told otherwise, so that the path is measured and not the receiver's pauses. */
export const DEFAULT_RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;
/** Offered to another host unless told otherwise; both ends here go as fast as they can. */
export const DEFAULT_REMOTE_RATE_PPS = 10_000;
export const DEFAULT_DURATION_MS = 5_000;
export const DEFAULT_TRIAL_MS = 2_000;
/** Short, so that a trial has enough of them for a median. */
const TRIAL_INTERVAL_MS = 100;
export const DEFAULT_LOSS_BOUND_RATIO = 0.001;
export const DEFAULT_REPETITIONS = 3;

export interface ProbePathOptions {
  /** Default `builtin`. */
  prober?: ProberName;
  /** Default null: both ends on this host. */
  server?: { host: string; port: number } | null;
  /** Default: 100 bytes; unlimited on this host, 10,000 packets a second to another. */
  shape?: TrafficShape;
  /** Default 1. */
  flows?: number;
  /** Default 5 s; of a trial with `findMax` 2 s. */
  durationMs?: number;
  /** Search the highest rate within the loss bound instead of measuring at one rate. */
  findMax?: boolean;
  /** 0 to 1, default 0.001. */
  lossBoundRatio?: number;
  /** Default 3. */
  repetitions?: number;
  /** null: the kernel's default. Default 4 MiB, of which the kernel grants what it allows. */
  receiveBufferBytes?: number | null;
  sendBufferBytes?: number | null;
  sessionBitrateBps?: number;
  label?: string | null;
  version?: string;
  onInterval?: (interval: ProbeInterval) => void;
  onTrial?: (trial: FindMaxTrial) => void;
  signal?: AbortSignal;
}

/** Measures what a path carries: the one entry for the command line and for a run's `probe:` block. */
export async function probePath(system: System, options: ProbePathOptions = {}): Promise<ProbeResult> {
  const server = options.server ?? null;
  const shape = options.shape ?? { kind: 'constant', sizeBytes: 100, ratePps: defaultRate(server !== null) };
  const prober = createProber(system, options.prober ?? 'builtin', options.version ?? '0');
  const durationMs =
    options.durationMs ?? (options.findMax === true ? DEFAULT_TRIAL_MS : DEFAULT_DURATION_MS);
  const run = (trialShape: TrafficShape, intervalMs?: number) =>
    prober.run({
      shape: trialShape,
      flows: options.flows ?? 1,
      durationMs,
      server,
      receiveBufferBytes:
        options.receiveBufferBytes !== undefined
          ? options.receiveBufferBytes
          : defaultBuffer(prober.name, server !== null),
      sendBufferBytes: options.sendBufferBytes ?? null,
      sessionBitrateBps: options.sessionBitrateBps ?? DEFAULT_SESSION_BITRATE_BPS,
      label: options.label ?? null,
      ...(intervalMs !== undefined && { intervalMs, skipsMissed: true }),
      ...(options.onInterval !== undefined && { onInterval: options.onInterval }),
      ...(options.signal !== undefined && { signal: options.signal }),
    });
  if (options.findMax !== true) return run(shape);
  return findMax({
    shape: shape.kind === 'constant' ? { ...shape, ratePps: null } : shape,
    lossBoundRatio: options.lossBoundRatio ?? DEFAULT_LOSS_BOUND_RATIO,
    repetitions: options.repetitions ?? DEFAULT_REPETITIONS,
    trialDurationMs: durationMs,
    ceilingPps: options.shape === undefined ? null : shape.ratePps,
    trial: (trialShape) => run(trialShape, TRIAL_INTERVAL_MS),
    ...(options.onTrial !== undefined && { onTrial: options.onTrial }),
  });
}

/** iperf3 sets one size at both ends and both ways, and fails where the kernel would grant less. */
function defaultBuffer(prober: ProberName, isRemote: boolean): number | null {
  if (prober === 'builtin') return DEFAULT_RECEIVE_BUFFER_BYTES;
  if (isRemote) return null;
  const { rmemMax, wmemMax } = readKernelLimits();
  return rmemMax === null || wmemMax === null
    ? null
    : Math.min(DEFAULT_RECEIVE_BUFFER_BYTES, rmemMax, wmemMax);
}

function defaultRate(isRemote: boolean): number | null {
  return isRemote ? DEFAULT_REMOTE_RATE_PPS : null;
}

function createProber(system: System, name: ProberName, version: string): Prober {
  switch (name) {
    case 'builtin':
      return createBuiltinProber(system, { version });
    case 'iperf3':
      return createIperf3Prober(system);
  }
}
