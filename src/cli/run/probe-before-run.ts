import type { ProbeConfig } from '../../scenario/schema.ts';
import type { CliContext } from '../context.ts';
import { toolVersion } from '../version.ts';

/** Measures the path of a scenario with a `probe:` block; the text of `probe.json`, or null without one. */
export async function probeBeforeRun(
  { probe }: { probe?: ProbeConfig | undefined },
  signal: AbortSignal,
  { system, quiet }: CliContext,
): Promise<string | null> {
  if (probe === undefined) return null;
  const { probeBlock } = await import('../../probe/run-block.ts');
  if (!quiet) system.stderr.write('probing the UDP path before anybody joins\n');
  const result = await probeBlock(system, probe, { version: toolVersion(), signal });
  return `${JSON.stringify(result, null, 2)}\n`;
}
