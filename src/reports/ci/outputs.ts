import { appendFile, writeFile } from 'node:fs/promises';
import { environmentError, errorMessage } from '../../errors.ts';
import type { System } from '../../system/types.ts';
import type { RunReport } from '../model/types.ts';
import type { Reporter } from '../reporter.ts';
import { GithubAnnotationsReporter, MarkdownReporter } from './github.ts';
import { JUnitReporter } from './junit.ts';

export interface CiFlags {
  junit?: string;
  markdown?: string;
  /** Annotations on stdout; on by itself in GitHub Actions. */
  github?: boolean;
}

/**
 * Writes what a CI system reads: the files that were asked for, and in GitHub Actions annotations on stdout and
 * the job's summary. Throws environmentError `RTCB_REPORT_UNWRITABLE`.
 */
export async function writeCiOutputs(
  report: RunReport,
  flags: CiFlags,
  system: System,
  { annotate = true }: { annotate?: boolean } = {},
): Promise<void> {
  if (flags.junit !== undefined) await writeReport(flags.junit, new JUnitReporter(), report);
  if (flags.markdown !== undefined) await writeReport(flags.markdown, new MarkdownReporter(), report);
  if (flags.github !== true && system.env.GITHUB_ACTIONS !== 'true') return;
  if (annotate) system.stdout.write(new GithubAnnotationsReporter().render(report));
  const summary = system.env.GITHUB_STEP_SUMMARY;
  if (summary !== undefined && summary !== '')
    await appendFile(summary, new MarkdownReporter().render(report));
}

/** Writes one report to a file that only its user may read. */
export async function writeReport(path: string, reporter: Reporter, report: RunReport): Promise<void> {
  await writeText(path, reporter.render(report));
}

export async function writeText(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text, { mode: 0o600 });
  } catch (error) {
    throw environmentError('RTCB_REPORT_UNWRITABLE', `cannot write ${path}: ${errorMessage(error)}`, {
      hint: 'Name another file, or free some space.',
      cause: error,
    });
  }
}
