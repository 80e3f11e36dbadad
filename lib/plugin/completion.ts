/** A command and what bash completes after it. */
interface Completed {
  name: string;
  aliases: readonly string[];
  args: readonly string[];
}

/** A bash completion script for an executable: commands, flags, and files where a command takes a path. */
export function bashCompletion(executable: string, commands: readonly Completed[]): string {
  const identifier = executable.replaceAll('-', '_');
  const words = commands.flatMap(({ name, aliases }) => [name, ...aliases]);
  const taking = commands
    .filter(({ args }) => args.length > 0)
    .flatMap(({ name, aliases }) => [name, ...aliases]);
  return `# bash completion for ${executable}
_${identifier}_complete() {
  local current=\${COMP_WORDS[COMP_CWORD]} command="" word
  COMPREPLY=()
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in -*) ;; *) command=$word; break ;; esac
  done
  if [[ $current == -* ]]; then
    COMPREPLY=($(compgen -W "--debug --help -d -h" -- "$current"))
    return
  fi
  case $command in
    "") COMPREPLY=($(compgen -W "${words.join(' ')} help" -- "$current")) ;;
    ${taking.join('|')}) local IFS=$'\\n'; COMPREPLY=($(compgen -f -- "$current")) ;;
  esac
}
complete -o filenames -F _${identifier}_complete ${executable}
`;
}
