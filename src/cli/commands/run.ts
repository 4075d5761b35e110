import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import type { RunFlags } from '../run/flags.ts';

const EXAMPLE = `
Examples:
  $ rtc-bench run scenarios/quickstart.yaml            two bridges, browsers and synthetic participants
  $ rtc-bench run my.yaml --out results/today --quiet  no progress; verdict and paths only
  $ rtc-bench run my.yaml --json | jq .verdict         the result document on stdout

Ctrl-C once: participants leave, what was measured is kept (exit 130). Ctrl-C twice: ends at once.
The folder it writes is enough for report, gate and compare. See docs/scenarios.md and docs/gates.md.`;

export function registerRun(program: Command, context: CliContext): void {
  program
    .command('run')
    .description('run a scenario: load the cluster, measure, judge, report')
    .argument('<scenario>', 'scenario file (YAML)')
    .option('-o, --out <dir>', 'results folder (default: reports/<scenario>-<UTC time>)')
    .option('--seed <n>', 'overrides the seed of the scenario')
    .option('--json', 'print the result document (manifest.json) on stdout', false)
    .option('--junit <file>', 'also write the gates as JUnit XML')
    .option('--markdown <file>', 'also write a summary in Markdown')
    .option('--dry-run', 'print who joins what and when, start nothing (the same as `plan`)', false)
    .option(
      '--advertise <address>',
      'address of this host by which browsers elsewhere, or Firefox, reach page, signalling and media',
    )
    .option('--clear-grid', 'delete sessions that killed runs of this host have left on the grid')
    .addHelpText('after', EXAMPLE)
    .action(async (file: string, flags: RunFlags) => {
      const { runScenarioFile } = await import('../run/run-scenario-file.ts');
      await runScenarioFile(file, flags, context);
    });
}
