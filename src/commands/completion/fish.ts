/** Completion for fish, with the descriptions. */
import type { CompletedCommand, CompletedFlag } from "./completed-command.js"

export function fishScript(commands: readonly CompletedCommand[]): string {
  return [
    "# fish completion for pool: pool completion fish > ~/.config/fish/completions/pool.fish",
    ...commands.flatMap(linesOf),
  ].join("\n")
}

function linesOf({ name, description, flags, choices }: CompletedCommand): string[] {
  const when = name === "" ? "__fish_use_subcommand" : `__fish_seen_subcommand_from ${name}`
  const own =
    name === ""
      ? []
      : [`complete -c pool -f -n __fish_use_subcommand -a ${name} -d ${quoted(description)}`]
  const which =
    choices.length > 0
      ? [`complete -c pool -f -n ${quoted(when)} -a ${quoted(choices.join(" "))}`]
      : []
  return [
    ...own,
    ...which,
    ...flags.map((flag) => `complete -c pool -n ${quoted(when)} ${flagOf(flag)}`),
  ]
}

function flagOf({ names, description, takesValue, choices }: CompletedFlag): string {
  const named = names.map((name) =>
    name.startsWith("--") ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`,
  )
  const value = choices.length > 0 ? ` -x -a ${quoted(choices.join(" "))}` : takesValue ? " -r" : ""
  return `${named.join(" ")}${value} -d ${quoted(description)}`
}

function quoted(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`
}
