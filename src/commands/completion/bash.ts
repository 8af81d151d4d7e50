/** Completion for bash: works with the bash 3.2 of macOS, and needs no bash-completion. */
import type { CompletedCommand } from "./completed-command.js"

export function bashScript(commands: readonly CompletedCommand[]): string {
  const names = commands.map(({ name }) => name).filter(Boolean)
  return `# bash completion for pool; in ~/.bashrc: source <(pool completion bash)
_pool() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} cmd= words= at
  COMPREPLY=()
  for ((at = 1; at < COMP_CWORD; at++)); do
    case \${COMP_WORDS[at]} in
      --) return ;;
      -*) ;;
      *) [ -n "$cmd" ] || cmd=\${COMP_WORDS[at]} ;;
    esac
  done
  case "$cmd $prev" in
${commands.flatMap(valueCases).join("\n")}
  esac
  case $cmd in
    "") words="${[...names, ...flagsOf(commands[0])].join(" ")}" ;;
${commands
  .slice(1)
  .map(
    (command) =>
      `    ${command.name}) words="${[...command.choices, ...flagsOf(command)].join(" ")}" ;;`,
  )
  .join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}
complete -o default -F _pool pool`
}

/** Values that are known are offered; for the others the shell offers files. */
function valueCases({ name, flags }: CompletedCommand): string[] {
  return flags
    .filter(({ takesValue }) => takesValue)
    .map(({ names, choices }) => {
      const patterns = names.map((flag) => `"${name} ${flag}"`).join("|")
      const found = `COMPREPLY=($(compgen -W "${choices.join(" ")}" -- "$cur")); `
      return `    ${patterns}) ${choices.length > 0 ? found : ""}return ;;`
    })
}

function flagsOf(command: CompletedCommand | undefined): string[] {
  return command?.flags.flatMap(({ names }) => names[0] ?? []) ?? []
}
