import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { environmentError, errorMessage } from '../../errors.ts';
import { tuneCsv } from '../../probe/tune/csv.ts';
import type { TuneResult } from '../../probe/tune/types.ts';
import { renderBuffersPage } from '../../reports/buffers/page.ts';
import { bundlePageScript } from '../../reports/html/page-script.ts';
import { parseSwept } from '../../reports/model/buffers.ts';
import { FILES } from '../../results/files.ts';
import { SIDE_FILES } from '../../results/side-file.ts';
import { shownPath } from '../reports/shown-path.ts';
import { outDir } from '../run/out-dir.ts';
import { writeText } from './deliver.ts';

const CSV = 'tune.csv';

/**
 * Writes document, rows and page into a folder. Into that of a run or a calibration only the first two: its own page
 * has the sweep when it is made again. Returns the file to look at, or the command that makes it.
 */
export async function writeFolder(result: TuneResult, cwd: string, out: string | undefined): Promise<string> {
  const directory = outDir(cwd, out, 'udp-buffers', Date.parse(result.createdAt));
  const folder = shownPath(cwd, directory);
  try {
    await mkdir(directory, { recursive: true });
  } catch (error) {
    throw environmentError('RTCB_WRITE', `cannot make the folder ${folder}: ${errorMessage(error)}`, {
      cause: error,
      hint: 'name another with --out',
    });
  }
  const json = documentOf(result);
  await writeText(join(directory, SIDE_FILES.tune), json);
  await writeText(join(directory, CSV), tuneCsv(result));
  const isRun = await stat(join(directory, FILES.manifest)).then(
    () => true,
    () => false,
  );
  if (isRun) return `rtc-bench report ${folder}`;
  await writePage(json, join(directory, FILES.report));
  return join(folder, FILES.report);
}

export async function writePage(json: string, path: string): Promise<void> {
  await writeText(path, renderBuffersPage(parseSwept(json), await bundlePageScript()));
}

export function documentOf(result: TuneResult): string {
  return `${JSON.stringify(result, null, 2)}\n`;
}
