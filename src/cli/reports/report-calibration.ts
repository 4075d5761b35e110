import { join, resolve } from 'node:path';
import { usageError } from '../../errors.ts';
import { type CalibrationReport, readCalibration } from '../../reports/calibration/model.ts';
import { answer, renderCalibrationPage } from '../../reports/calibration/page.ts';
import { writeText } from '../../reports/ci/outputs.ts';
import { bundlePageScript } from '../../reports/html/page-script.ts';
import { FILES } from '../../results/files.ts';
import { safeText } from '../../system/safe-text.ts';
import { renderCalibration } from '../calibrate/render-calibration.ts';
import type { CliContext } from '../context.ts';
import type { ReportFlags } from './flags.ts';
import { shownPath } from './shown-path.ts';

/** Makes the page of a calibration's folder again; false when it is the folder of an ordinary run. */
export async function reportCalibration(
  dir: string,
  flags: ReportFlags,
  context: CliContext,
): Promise<boolean> {
  const { system } = context;
  const folder = resolve(system.cwd, dir);
  const report = await readCalibration(folder);
  if (report === null) return false;
  if (flags.junit !== undefined || flags.markdown !== undefined)
    throw usageError(
      'RTCB_USAGE',
      `${dir} is a calibration, which has no gates: --junit and --markdown are for runs`,
      'Leave them out; the number and its interval are in capacity.json.',
    );
  const page = flags.html === undefined ? join(folder, FILES.report) : resolve(system.cwd, flags.html);
  await writeCalibrationPage(report, page);
  const { capacity, problem } = report;
  if (context.quiet && !flags.json) {
    const { word, text } = answer(report);
    system.stdout.write(
      `${word} ${safeText(capacity.scenario.name)}: ${safeText(text)}\n${safeText(shownPath(system.cwd, page))}\n`,
    );
    return true;
  }
  system.stdout.write(
    flags.json
      ? `${JSON.stringify(capacity, null, 2)}\n`
      : renderCalibration({
          capacity,
          problem,
          files: [
            shownPath(system.cwd, page),
            ...['capacity.json', 'curve.csv'].map((name) => join(dir, name)),
          ],
          paint: context.paint(system.stdout),
        }),
  );
  return true;
}

export async function writeCalibrationPage(report: CalibrationReport, path: string): Promise<void> {
  await writeText(path, renderCalibrationPage(report, await bundlePageScript()));
}
