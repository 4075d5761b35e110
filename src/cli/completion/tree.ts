import type { Command } from 'commander';

/** A command line as completion needs it. */
export interface CommandNode {
  name: string;
  description: string;
  /** Long and short flags, e.g. `--json`. */
  options: { flags: string[]; description: string; takesValue: boolean; choices: readonly string[] }[];
  /** Fixed values of its first argument. */
  choices: readonly string[];
  commands: CommandNode[];
}

/** Reads the tree of commander's commands; hidden options are left out. */
export function commandTree(command: Command): CommandNode {
  const options = command.options
    .filter((option) => !option.hidden)
    .map((option) => ({
      flags: [option.long, option.short].filter((flag) => flag !== undefined && flag !== null),
      description: oneLine(option.description),
      takesValue: option.required || option.optional,
      choices: option.argChoices ?? [],
    }));
  return {
    name: command.name(),
    description: oneLine(command.description()),
    options: [
      ...options,
      { flags: ['--help', '-h'], description: 'print help', takesValue: false, choices: [] },
    ],
    choices: command.registeredArguments[0]?.argChoices ?? [],
    commands: command.commands.map(commandTree),
  };
}

export interface CommandPath {
  /** Names from the top, without the program's own. */
  path: string[];
  node: CommandNode;
}

/** Every command with its path, the program itself (an empty path) first. */
export function allCommands(root: CommandNode, path: string[] = []): CommandPath[] {
  return [
    { path, node: root },
    ...root.commands.flatMap((command) => allCommands(command, [...path, command.name])),
  ];
}

function oneLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}
