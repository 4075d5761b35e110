import { allCommands, type CommandNode } from './tree.ts';

/** A completion script for bash 4 and later. Files complete where no word is known. */
export function bashCompletion(root: CommandNode): string {
  const cases = allCommands(root).map(({ path, node }) => {
    const words = [
      ...node.commands.map((command) => command.name),
      ...node.choices,
      ...node.options.flatMap((option) => option.flags),
    ];
    return `    '${path.join(' ')}') words='${words.join(' ')}' ;;`;
  });
  const paths = allCommands(root)
    .filter(({ path }) => path.length > 0)
    .map(({ path }) => `'${path.join(' ')}'`);
  return `# bash completion of ${root.name}: source <(${root.name} completion bash)
_rtc_bench() {
  local current="\${COMP_WORDS[COMP_CWORD]}" command='' words='' word next
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    next="\${command:+$command }$word"
    case "$next" in
      ${paths.join('|')}) command="$next" ;;
    esac
  done
  case "$command" in
${cases.join('\n')}
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -o default -F _rtc_bench ${root.name}
`;
}
