/** `pool completion`: what a shell needs to complete commands and flags, made from the commands themselves. */
import { Argument, Command, type Option } from "commander"
import type { CompletedCommand, CompletedFlag } from "./completed-command.js"

const SCRIPTS = {
  bash: async () => (await import("./bash.js")).bashScript,
  zsh: async () => (await import("./zsh.js")).zshScript,
  fish: async () => (await import("./fish.js")).fishScript,
}
type Shell = keyof typeof SCRIPTS

/** The command, to be added to `program`, whose commands it completes. */
export function completionCommand(program: Command): Command {
  const shells = Object.keys(SCRIPTS)
  return new Command("completion")
    .description("print what a shell needs to complete commands and flags")
    .addArgument(new Argument("<shell>", "which shell").choices(shells))
    .addHelpText(
      "after",
      `
Examples:
  source <(pool completion bash)                                 in ~/.bashrc
  pool completion zsh > "\${fpath[1]}/_pool"                      once
  pool completion fish > ~/.config/fish/completions/pool.fish    once`,
    )
    .action(async (shell: Shell) => {
      const scriptFor = await SCRIPTS[shell]()
      console.log(scriptFor(completedIn(program)))
    })
}

/** The program itself, under the name "", then its commands. */
function completedIn(program: Command): CompletedCommand[] {
  return [{ ...completed(program), name: "" }, ...program.commands.map(completed)]
}

function completed(command: Command): CompletedCommand {
  const help = { names: ["--help", "-h"], description: "help", takesValue: false, choices: [] }
  return {
    name: command.name(),
    description: command.description(),
    flags: [...command.options.filter(({ hidden }) => !hidden).map(flagOf), help],
    choices: command.registeredArguments[0]?.argChoices ?? [],
  }
}

function flagOf({
  long,
  short,
  description,
  required,
  optional,
  argChoices,
}: Option): CompletedFlag {
  const names = [long, short].filter((name): name is string => Boolean(name))
  return { names, description, takesValue: required || optional, choices: argChoices ?? [] }
}
