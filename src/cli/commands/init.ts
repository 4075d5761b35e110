import type { Command } from 'commander';
import type { CliContext } from '../context.ts';
import type { InitFlags } from '../init/write-scenario.ts';

const EXAMPLE = `
Examples:
  $ rtc-bench init                     scenario.yaml in this folder
  $ rtc-bench init load/evening.yaml
  $ rtc-bench init my.yaml --force     replaces a file that is there
  $ rtc-bench init jitsi.yaml --from-malleus "--conferences 5 --participants 8 --senders 3"`;

export function registerInit(program: Command, context: CliContext): void {
  program
    .command('init')
    .description('write a commented scenario that runs as it stands, and the schema for your editor')
    .argument('[file]', 'where to write it', 'scenario.yaml')
    .option('-f, --force', 'replace a file that is there')
    .option(
      '--from-malleus <command line>',
      'write what this malleus command (jitsi-meet-torture) did as a scenario; docs/malleus.md',
    )
    .addHelpText('after', EXAMPLE)
    .action(async (file: string, flags: InitFlags) => {
      const { writeScenario } = await import('../init/write-scenario.ts');
      await writeScenario(file, flags, context);
    });
}
