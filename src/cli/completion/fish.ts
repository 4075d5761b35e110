import { allCommands, type CommandNode } from './tree.ts';

/** A completion script for fish. */
export function fishCompletion(root: CommandNode): string {
  const lines = allCommands(root).flatMap(({ path, node }) => {
    const condition = conditionOf(path, node);
    const commands = node.commands.map(
      (command) =>
        `complete -c ${root.name} -n ${condition} -f -a ${command.name} -d ${quote(command.description)}`,
    );
    const choices = node.choices.map((choice) => `complete -c ${root.name} -n ${condition} -f -a ${choice}`);
    const options = node.options.map((option) => {
      const flags = option.flags.map((flag) =>
        flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`,
      );
      const value = option.takesValue ? ' -r' : '';
      return `complete -c ${root.name} -n ${condition} ${flags.join(' ')}${value} -d ${quote(option.description)}`;
    });
    return [...commands, ...choices, ...options];
  });
  return `# fish completion of ${root.name}: ${root.name} completion fish > ~/.config/fish/completions/${root.name}.fish\n${lines.join('\n')}\n`;
}

function conditionOf(path: readonly string[], node: CommandNode): string {
  if (path.length === 0) return '__fish_use_subcommand';
  const seen = path.map((name) => `__fish_seen_subcommand_from ${name}`);
  const inner = node.commands.map((command) => command.name);
  const notYet = inner.length === 0 ? [] : [`not __fish_seen_subcommand_from ${inner.join(' ')}`];
  return quote([...seen, ...notYet].join('; and '));
}

function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
