import { join, resolve } from 'node:path';
import { writeCiOutputs, writeReport, writeText } from '../../reports/ci/outputs.ts';
import { ConsoleReporter, nextCommands } from '../../reports/console/reporter.ts';
import { HtmlReporter } from '../../reports/html/reporter.ts';
import { buildReport } from '../../reports/model/build.ts';
import { secondsCsv } from '../../reports/seconds.ts';
import { headline } from '../../reports/verdict.ts';
import { FILES } from '../../results/files.ts';
import { RunReader } from '../../results/reader.ts';
import { safeText } from '../../system/safe-text.ts';
import type { CliContext } from '../context.ts';
import type { ReportFlags } from './flags.ts';
import { reportCalibration } from './report-calibration.ts';
import { shownPath } from './shown-path.ts';

/** Makes `report.html` of a folder, of a run or of a calibration, and tells it in the terminal. */
export async function reportFolder(dir: string, flags: ReportFlags, context: CliContext): Promise<void> {
  if (await reportCalibration(dir, flags, context)) return;
  const { system } = context;
  const folder = resolve(system.cwd, dir);
  const report = await buildReport(await RunReader.open(folder));
  const page = flags.html === undefined ? join(folder, FILES.report) : resolve(system.cwd, flags.html);
  await writeReport(page, await HtmlReporter.create(), report);
  if (flags.html === undefined) await writeText(join(folder, FILES.seconds), secondsCsv(report));
  const shown = shownPath(system.cwd, page);
  if (flags.json) system.stdout.write(`${JSON.stringify(report.manifest, null, 2)}\n`);
  else if (context.quiet) {
    const { word, reason } = headline(report);
    system.stdout.write(
      `${word} ${safeText(report.manifest.scenario.name)}: ${safeText(reason)}\n${safeText(shown)}\n`,
    );
  } else {
    const console = new ConsoleReporter({
      paint: context.paint(system.stdout),
      files: [
        shown,
        ...report.manifest.files.filter((name) => name !== FILES.report).map((name) => join(dir, name)),
      ],
      next: nextCommands(report, dir),
    });
    system.stdout.write(console.render(report));
  }
  await writeCiOutputs(report, flags, system);
}
