import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import type { CompareFlags } from '../reports/compare-folders.ts';

const EXAMPLE = `
Examples:
  $ rtc-bench compare reports/before reports/after
  $ rtc-bench compare BEFORE AFTER --max-regression 5% --json
  $ rtc-bench compare BEFORE AFTER --force        although the scenarios differ

Compares the steady windows: the change of each quantity, its 95 % confidence interval (bootstrap over blocks
of up to ten seconds) and its effect size (Cliff's delta). Worse means: beyond the bound, and the interval excludes no change.
Exit codes: 0 not worse, 99 worse, 4 too little to tell, 2 the runs are not alike. See docs/reports.md.`;

export function registerCompare(program: Command, context: CliContext): void {
  program
    .command('compare')
    .description('compare two runs of a scenario: did it get worse?')
    .argument('<before>', 'folder of the run to compare with')
    .argument('<after>', 'folder of the run in question')
    .option('--max-regression <share>', 'how much worse a quantity may get, as 10% or 0.1', '10%')
    .option('--html <file>', 'where to write the page (default: compare.html in the second folder)')
    .option('--markdown <file>', 'also write the table in Markdown')
    .option('--force', 'compare although the scenarios differ', false)
    .option('--json', 'print the comparison as JSON on stdout', false)
    .addHelpText('after', EXAMPLE)
    .action(async (before: string, after: string, flags: CompareFlags) => {
      const { compareFolders } = await import('../reports/compare-folders.ts');
      await compareFolders(before, after, flags, context);
    });
}
