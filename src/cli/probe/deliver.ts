import { writeFile } from 'node:fs/promises';
import { ExitCode, environmentError } from '../../errors.ts';
import { probeCsv } from '../../probe/output/csv.ts';
import { resultTable } from '../../probe/output/table.ts';
import type { ProbeResult } from '../../probe/types.ts';
import type { CliContext } from '../context.ts';

export async function writeText(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text);
  } catch (error) {
    throw environmentError('RTCB_WRITE', `cannot write ${path}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** Prints and saves a result, and sets the exit code: 4 when what was delivered is unknown, 3 when nothing was. */
export async function deliver(
  context: CliContext,
  result: ProbeResult,
  flags: { json: boolean; out?: string; csv?: string },
): Promise<void> {
  const json = `${JSON.stringify(result, null, 2)}\n`;
  if (flags.out !== undefined) await writeText(flags.out, json);
  if (flags.csv !== undefined) await writeText(flags.csv, probeCsv(result));
  context.system.stdout.write(flags.json ? json : resultTable(result));
  if (result.total.throughputBps === null) context.exit(ExitCode.inconclusive);
  else if (result.total.receivedPackets === 0) context.exit(ExitCode.environment);
}
