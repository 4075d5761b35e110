import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { text } from 'node:stream/consumers';
import { RtcBenchError, usageError } from '../../errors.ts';
import { parseIperf, resultOfIperf } from '../../probe/import.ts';
import type { IperfRun } from '../../probe/iperf/run.ts';
import { compareProbes, comparisonTable } from '../../probe/output/compare.ts';
import { comparisonChart } from '../../probe/output/report-section.ts';
import { DEFAULT_SESSION_BITRATE_BPS, type ProbeResult } from '../../probe/types.ts';
import { safeText } from '../../system/safe-text.ts';
import type { CliContext } from '../context.ts';
import { deliver, writeText } from './deliver.ts';
import { sessionBitrate } from './udp-command.ts';

export interface CompareFlags {
  svg?: string;
  json: boolean;
}

export interface ImportFlags {
  sessionBitrate: string;
  label?: string;
  out?: string;
  csv?: string;
  json: boolean;
}

/** An iperf3 stream of a day is tens of megabytes; more is not iperf output. */
const MAX_FILE_BYTES = 256 * 1024 * 1024;

export async function importFile(context: CliContext, file: string, flags: ImportFlags): Promise<void> {
  const { content, modifiedMs } = await readInput(file);
  const result = resultOfIperf(parsed(content, file), {
    label: flags.label ?? null,
    sessionBitrateBps: sessionBitrate(flags.sessionBitrate),
    fallbackCreatedAt: new Date(modifiedMs ?? context.system.clock.wallMs()).toISOString(),
  });
  await deliver(context, result, flags);
}

export async function compareFiles(
  context: CliContext,
  a: string,
  b: string,
  flags: CompareFlags,
): Promise<void> {
  const comparison = compareProbes(await load(a), await load(b), [basename(a), basename(b)]);
  if (flags.svg !== undefined) await writeText(flags.svg, comparisonChart(comparison));
  context.system.stdout.write(
    flags.json ? `${JSON.stringify(comparison, null, 2)}\n` : comparisonTable(comparison),
  );
}

/** A saved probe, or an iperf output as it is. */
async function load(file: string): Promise<ProbeResult> {
  const { content, modifiedMs } = await readInput(file);
  const saved = savedProbe(content);
  return (
    saved ??
    resultOfIperf(parsed(content, file), {
      label: null,
      sessionBitrateBps: DEFAULT_SESSION_BITRATE_BPS,
      fallbackCreatedAt: new Date(modifiedMs ?? 0).toISOString(),
    })
  );
}

/** What is wrong is told with the name of the file: several may be read at once. */
function parsed(content: string, file: string): IperfRun {
  try {
    return parseIperf(content);
  } catch (error) {
    if (!(error instanceof RtcBenchError)) throw error;
    const { code, exitCode, message, hint } = error;
    const name = file === '-' ? 'standard input' : safeText(file);
    throw new RtcBenchError(code, exitCode, `${name}: ${message}`, {
      cause: error,
      ...(hint !== undefined && { hint }),
    });
  }
}

function savedProbe(content: string): ProbeResult | null {
  try {
    const value = JSON.parse(content) as Partial<ProbeResult>;
    const isSaved = value.kind === 'udp-probe' && value.schemaVersion === 1 && value.total !== undefined;
    return isSaved && value.cpu !== undefined ? (value as ProbeResult) : null;
  } catch {
    return null;
  }
}

async function readInput(file: string): Promise<{ content: string; modifiedMs: number | null }> {
  if (file === '-') return { content: await text(process.stdin), modifiedMs: null };
  try {
    const { mtimeMs, size } = await stat(file);
    if (size > MAX_FILE_BYTES) throw new Error('it is too large to be an iperf output');
    return { content: await readFile(file, 'utf8'), modifiedMs: mtimeMs };
  } catch (error) {
    throw usageError('RTCB_READ', `cannot read ${file}: ${(error as Error).message}`);
  }
}
