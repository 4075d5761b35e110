import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import type { ReportFlags } from '../reports/flags.ts';

const EXAMPLE = `
Examples:
  $ rtc-bench report reports/quickstart-20261121T090000Z        writes report.html into the folder
  $ rtc-bench report DIR --html /tmp/today.html --junit gates.xml
  $ rtc-bench report DIR --json | jq '.bridges[].stress'

Needs nothing but the folder: no network, no browser. A run that was killed is reported as far as it came.
Exits 0 when the report was made, whatever its verdict; \`rtc-bench gate\` exits with the verdict.`;

export function registerReport(program: Command, context: CliContext): void {
  program
    .command('report')
    .description('make the report of a run or a calibration from its folder')
    .argument('<dir>', 'folder of a run or a calibration')
    .option('--html <file>', 'where to write the page (default: report.html in the folder)')
    .option('--junit <file>', 'also write the gates as JUnit XML')
    .option('--markdown <file>', 'also write a summary in Markdown')
    .option('--github', 'annotations for GitHub Actions on stdout (on by itself there)')
    .option('--json', 'print the result document (manifest.json) on stdout', false)
    .addHelpText('after', EXAMPLE)
    .action(async (dir: string, flags: ReportFlags) => {
      const { reportFolder } = await import('../reports/report-folder.ts');
      await reportFolder(dir, flags, context);
    });
}
