import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import type { PlanFlags } from '../plan/plan-scenario-file.ts';

const EXAMPLE = `
Examples:
  $ rtc-bench plan scenarios/quickstart.yaml
  $ rtc-bench plan my.yaml --json | jq '.expected'

Checks the scenario and prints who joins which room and when, and the packet rate to expect of each bridge.
Starts nothing. \`run --dry-run\` does the same. The packet-rate model is in docs/scenarios.md.`;

export function registerPlan(program: Command, context: CliContext): void {
  program
    .command('plan')
    .description('check a scenario and print who joins what and when; starts nothing')
    .argument('<scenario>', 'scenario file (YAML)')
    .option('--seed <n>', 'overrides the seed of the scenario')
    .option('--json', 'print the whole plan as one JSON document')
    .addHelpText('after', EXAMPLE)
    .action(async (file: string, flags: PlanFlags) => {
      const { planScenarioFile } = await import('../plan/plan-scenario-file.ts');
      await planScenarioFile(file, flags, context);
    });
}
