/** Completion for zsh, with the descriptions. */
import type { CompletedCommand, CompletedFlag } from "./completed-command.js"

export function zshScript(commands: readonly CompletedCommand[]): string {
  const own = commands.slice(1)
  return `#compdef pool
# zsh completion for pool: pool completion zsh > "\${fpath[1]}/_pool"
_pool() {
  local -a commands
  commands=(
${own.map(({ name, description }) => `    ${quoted(`${name}:${description}`)}`).join("\n")}
  )
  if (( CURRENT == 2 )); then
    _describe command commands
    _arguments ${commands[0]?.flags.map(specOf).join(" ")}
    return
  fi
  case $words[2] in
${own.map(branch).join("\n")}
  esac
}
if [ "$funcstack[1]" = _pool ]; then _pool "$@"; else compdef _pool pool; fi`
}

function branch({ name, flags, choices }: CompletedCommand): string {
  const argument = choices.length > 0 ? quoted(`2:which:(${choices.join(" ")})`) : "'*:file:_files'"
  return `    ${name})\n      _arguments ${[...flags.map(specOf), argument].join(" \\\n        ")} ;;`
}

function specOf({ names, description, takesValue, choices }: CompletedFlag): string {
  const explained = description.replace(/[[\]:]/g, "\\$&")
  const value = choices.length > 0 ? `:value:(${choices.join(" ")})` : ":value:_files"
  return quoted(`${names[0]}[${explained}]${takesValue ? value : ""}`)
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
