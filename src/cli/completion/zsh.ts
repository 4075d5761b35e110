import { allCommands, type CommandNode } from './tree.ts';

/** A completion script for zsh. */
export function zshCompletion(root: CommandNode): string {
  const cases = allCommands(root).map(({ path, node }) => {
    const words = [
      ...node.commands.map((command) => [command.name, command.description]),
      ...node.choices.map((choice) => [choice, '']),
      ...node.options.flatMap((option) => option.flags.map((flag) => [flag, option.description])),
    ];
    const lines = words.map(([word = '', description = '']) => `      ${quote(`${word}:${description}`)}`);
    return `    ${quote(path.join(' '))}) words=(\n${lines.join('\n')}\n    ) ;;`;
  });
  const paths = allCommands(root)
    .filter(({ path }) => path.length > 0)
    .map(({ path }) => quote(path.join(' ')));
  return `#compdef ${root.name}
# zsh completion of ${root.name}: ${root.name} completion zsh > "\${fpath[1]}/_${root.name}"
_rtc_bench() {
  local command='' next word
  local -a words_before words_now
  words_before=("\${(@)words[2,CURRENT-1]}")
  for word in $words_before; do
    next="\${command:+$command }$word"
    case "$next" in
      ${paths.join('|')}) command="$next" ;;
    esac
  done
  _rtc_bench_words "$command"
  _describe 'command or option' words_now || _files
}
_rtc_bench_words() {
  local -a words
  case "$1" in
${cases.join('\n')}
  esac
  words_now=("\${words[@]}")
}
compdef _rtc_bench ${root.name}
`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
