import { Argument, type Command } from 'commander';
import type { CliContext } from '../context.ts';

const EXAMPLE = `
Examples:
  $ source <(rtc-bench completion bash)
  $ rtc-bench completion zsh > "\${fpath[1]}/_rtc-bench"
  $ rtc-bench completion fish > ~/.config/fish/completions/rtc-bench.fish`;

export function registerCompletion(program: Command, context: CliContext): void {
  program
    .command('completion')
    .description('print a completion script for your shell')
    .addArgument(new Argument('<shell>', 'your shell').choices(['bash', 'zsh', 'fish']))
    .addHelpText('after', EXAMPLE)
    .action(async (shell: 'bash' | 'zsh' | 'fish') => {
      const { commandTree } = await import('../completion/tree.ts');
      const tree = commandTree(program);
      const { stdout } = context.system;
      switch (shell) {
        case 'bash':
          return stdout.write((await import('../completion/bash.ts')).bashCompletion(tree));
        case 'zsh':
          return stdout.write((await import('../completion/zsh.ts')).zshCompletion(tree));
        case 'fish':
          return stdout.write((await import('../completion/fish.ts')).fishCompletion(tree));
      }
    });
}
