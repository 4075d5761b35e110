import { usageError } from '../errors.ts';
import type { System } from '../system/types.ts';
import { probePath } from './probe-path.ts';
import { parseServer } from './server-address.ts';
import type { ProbeResult } from './types.ts';

/** A scenario's `probe:` block (`probeSchema` in src/scenario/schema-run.ts). */
export interface ProbeBlock {
  durationMs: number;
  prober: 'builtin' | 'iperf3';
  server?: string | undefined;
  sizeBytes: number;
  /** null: the maximum is searched. */
  ratePps: number | null;
}

/** Measures the path before the participants join. Throws when the other end cannot be reached. */
export function probeBlock(
  system: System,
  block: ProbeBlock,
  { version, signal }: { version: string; signal?: AbortSignal },
): Promise<ProbeResult> {
  const { prober, sizeBytes, ratePps } = block;
  const server = block.server === undefined ? null : parseServer(block.server, prober);
  if (prober === 'iperf3' && block.durationMs % 1000 !== 0)
    throw usageError('RTCB_IPERF_DURATION', 'probe.duration: iperf3 takes whole seconds');
  return probePath(system, {
    prober,
    server,
    shape: { kind: 'constant', sizeBytes, ratePps },
    durationMs: block.durationMs,
    findMax: ratePps === null,
    // A run waits for it: once, where `rtc-bench probe` repeats.
    repetitions: 1,
    version,
    ...(signal !== undefined && { signal }),
  });
}
