import { join, resolve } from 'node:path';
import { usageError } from '../../errors.ts';
import { writeText } from '../../reports/ci/outputs.ts';
import { type Comparison, compareRuns, unlikeness } from '../../reports/compare/compare.ts';
import { comparisonMarkdown } from '../../reports/compare/markdown.ts';
import { renderComparisonPage } from '../../reports/compare/page.ts';
import { renderComparison } from '../../reports/compare/tell.ts';
import { bundlePageScript } from '../../reports/html/page-script.ts';
import { buildReport } from '../../reports/model/build.ts';
import { RunReader } from '../../results/reader.ts';
import type { CliContext } from '../context.ts';
import { shownPath } from './shown-path.ts';

export interface CompareFlags {
  maxRegression: string;
  html?: string;
  markdown?: string;
  force: boolean;
  json: boolean;
}

/** Compares two folders; writes the page, tells the table, exits with what came of it. */
export async function compareFolders(
  before: string,
  after: string,
  flags: CompareFlags,
  context: CliContext,
): Promise<void> {
  const { system } = context;
  const maxRegression = parseShare(flags.maxRegression);
  // Told as they were typed: a page that is shared should not tell where the folders are on this machine.
  const open = async (dir: string) => ({
    ...(await buildReport(await RunReader.open(resolve(system.cwd, dir)))),
    dir,
  });
  const [a, b] = [await open(before), await open(after)];
  const unlike = unlikeness(a, b);
  if (unlike.length > 0 && !flags.force)
    throw usageError(
      'RTCB_COMPARE_UNLIKE',
      `these runs are not alike: ${unlike.join('; ')}`,
      'Compare runs of the same scenario and seed, or add --force to compare them all the same.',
    );
  const comparison = compareRuns(a, b, maxRegression);
  const page =
    flags.html === undefined
      ? join(resolve(system.cwd, after), 'compare.html')
      : resolve(system.cwd, flags.html);
  await writeText(page, renderComparisonPage(comparison, await bundlePageScript()));
  if (flags.markdown !== undefined)
    await writeText(resolve(system.cwd, flags.markdown), comparisonMarkdown(comparison));
  const shown = shownPath(system.cwd, page);
  system.stdout.write(
    flags.json
      ? `${JSON.stringify(document(comparison), null, 2)}\n`
      : renderComparison(comparison, context.paint(system.stdout), shown),
  );
  context.exit(comparison.exitCode);
}

function document({ before, after, ...rest }: Comparison) {
  return { before: before.dir, after: after.dir, ...rest };
}

/** `10%` or `0.1`. */
function parseShare(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(%?)$/.exec(text.trim());
  const share = match === null ? Number.NaN : Number(match[1]) / (match[2] === '%' ? 100 : 1);
  if (share >= 0 && share <= 10) return share;
  throw usageError('RTCB_USAGE', `--max-regression: "${text}" is no share`, 'Write it as 10% or as 0.1.');
}
