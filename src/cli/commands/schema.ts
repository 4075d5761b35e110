import type { Command } from 'commander';
import type { CliContext } from '../context.ts';

const EXAMPLE = `
Examples:
  $ rtc-bench schema > rtc-bench.schema.json

With this first line in a scenario, editors complete and check it:
  # yaml-language-server: $schema=./rtc-bench.schema.json`;

export function registerSchema(program: Command, context: CliContext): void {
  program
    .command('schema')
    .description('print the JSON Schema of scenario files')
    .addHelpText('after', EXAMPLE)
    .action(async () => {
      const { scenarioJsonSchema } = await import('../../scenario/schema.ts');
      context.system.stdout.write(`${JSON.stringify(scenarioJsonSchema(), null, 2)}\n`);
    });
}
