import { join } from 'node:path';
import { errorMessage, RtcBenchError } from '../errors.ts';
import type { ProbeResult } from '../probe/types.ts';
import { nodeFiles } from '../results/files.ts';
import type { RunRecorder } from '../results/recorder.ts';
import { SIDE_FILES } from '../results/side-file.ts';
import type { SessionInput } from './session-input.ts';

export interface ProbedRun {
  /** Names of what was written, relative to the run folder. */
  files: string[];
  warnings: string[];
}

type Measure = (
  input: Pick<SessionInput, 'system' | 'scenario' | 'toolVersion'>,
  signal: AbortSignal,
) => Promise<ProbeResult | null>;

/**
 * Measures the path of a scenario with a `probe:` block while nobody is there yet, so that the report can tell the
 * media of each bridge as a share of what the path carries. A run is worth having without it: what keeps the probe
 * from answering is a warning.
 */
export async function probeForRun(
  input: Pick<SessionInput, 'system' | 'scenario' | 'toolVersion' | 'dir' | 'onProgress'>,
  recorder: Pick<RunRecorder, 'record'>,
  signal: AbortSignal,
  measure: Measure = measureBlock,
): Promise<ProbedRun> {
  if (input.scenario.probe === undefined || signal.aborted) return { files: [], warnings: [] };
  input.onProgress({ phase: 'probing', tMs: 0, stage: null, snapshot: null, notice: null }, () => []);
  try {
    const result = await measure(input, signal);
    if (result === null) return { files: [], warnings: [] };
    await nodeFiles.replace(join(input.dir, SIDE_FILES.probe), `${JSON.stringify(result, null, 2)}\n`);
    recorder.record({
      tMs: 0,
      type: 'path-probed',
      prober: result.prober,
      sizeBytes: result.settings.sizeBytes,
      bitrateBps: result.findMax?.maxThroughputBps ?? result.total.throughputBps,
      packetRatePps: result.findMax?.maxPacketRatePps ?? result.total.packetRatePps,
      lossRatio: result.total.lossRatio,
      jitterMs: result.total.jitterMs,
    });
    return { files: [SIDE_FILES.probe], warnings: [] };
  } catch (error) {
    // Who interrupts the run interrupts its probe; the run says so itself.
    if (signal.aborted) return { files: [], warnings: [] };
    const message = `the UDP path could not be probed: ${errorMessage(error)}`;
    const code = error instanceof RtcBenchError ? error.code : 'RTCB_PROBE_FAILED';
    recorder.record({ tMs: 0, type: 'warning', code, message });
    return { files: [], warnings: [message] };
  }
}

async function measureBlock(
  { system, scenario, toolVersion }: Parameters<Measure>[0],
  signal: AbortSignal,
): Promise<ProbeResult | null> {
  if (scenario.probe === undefined) return null;
  const { probeBlock } = await import('../probe/run-block.ts');
  return probeBlock(system, scenario.probe, { version: toolVersion, signal });
}
