#!/usr/bin/env node
/** From the command line to a command. The only file that reads argv or turns errors into exit codes. */
import { Command, CommanderError } from "commander"
import { completionCommand } from "./commands/completion/completion.js"
import { EXIT } from "./commands/terminal/exit.js"
import { outliveReaders, outliveTerminal } from "./commands/terminal/output.js"
import { clusterCommand } from "./commands/usage/cluster.js"
import { dashboardCommand } from "./commands/usage/dashboard.js"
import { doctorCommand } from "./commands/usage/doctor.js"
import { historyCommand } from "./commands/usage/history.js"
import { cronCommand } from "./commands/usage/jobs/cron.js"
import { jobCommands } from "./commands/usage/jobs/jobs.js"
import { leaderCommand } from "./commands/usage/leader.js"
import { membersCommand } from "./commands/usage/members.js"
import { orderCommands } from "./commands/usage/orders.js"
import { runCommand } from "./commands/usage/run.js"
import { serverCommand } from "./commands/usage/server.js"
import { workCommand } from "./commands/usage/work.js"
import { workerCommand } from "./commands/usage/worker.js"
import { PACKAGE_VERSION } from "./discovery/package-version.js"
import { BadInput } from "./errors/errors.js"
import { nearestWord } from "./options/nearest-word.js"

const program = new Command("pool")
  .description("a pool of workers on NATS, exactly one of which leads")
  .version(PACKAGE_VERSION)
  .option("--verbose", "show the whole stack of each error, in logs too")
  .addHelpText("after", "\nExit codes: 0 done, 1 failed, 2 bad usage, 3 nobody is there.")
  .configureHelp({ showGlobalOptions: true })
  // What is wrong with the command line is said below, in one line as all else.
  .configureOutput({ outputError: () => {} })
  .exitOverride()

const commands = [
  clusterCommand,
  workerCommand,
  dashboardCommand,
  workCommand,
  membersCommand,
  leaderCommand,
  historyCommand,
  cronCommand,
  runCommand,
  doctorCommand,
  serverCommand,
]
const made = [
  ...commands.map((make) => make()),
  ...jobCommands(),
  ...orderCommands(),
  completionCommand(program),
]
for (const command of made) program.addCommand(likeParent(command, program))

outliveReaders()
outliveTerminal()

try {
  await program.parseAsync()
} catch (error) {
  process.exitCode = await ending(error)
}

/** What is wrong with the command line is for each command, however deep, to throw. */
function likeParent(command: Command, parent: Command): Command {
  command.copyInheritedSettings(parent)
  for (const own of command.commands) likeParent(own, command)
  return command
}

async function ending(error: unknown): Promise<number> {
  if (!(error instanceof CommanderError)) {
    const { exitCodeOf, sayingOf } = await import("./commands/terminal/ending.js")
    console.error(sayingOf(error, program.opts().verbose === true))
    return exitCodeOf(error)
  }
  if (error.exitCode === 0) return EXIT.ok
  // `pool` alone has printed its help, which says all.
  if (error.code !== "commander.help") console.error(usageError(error))
  return EXIT.usage
}

/** Commander's words for what is wrong with the command line, in one line of ours. */
function usageError({ message, code }: CommanderError): string {
  const asked = program.commands.find((command) => command.name() === program.args[0])
  const order = asked?.commands.find((command) => command.name() === asked.args[0])
  const names = [asked, order].flatMap((command) => command?.name() ?? [])
  const help = ["pool", ...names, "--help"].join(" ")
  const [problem = "", guess] = message.replace(/^error: /, "").split("\n")
  const orders = asked?.commands.map((command) => command.name()) ?? []
  if (code === "commander.excessArguments" && orders.length > 0 && !order) {
    const [word = ""] = asked?.args ?? []
    const near = nearestWord(word, orders)
    return `pool: unknown command '${word}'${near ? `; did you mean ${near}?` : ""}; see: ${help}`
  }
  const noChoice =
    /^(?:option '.*?(--[\w-]+).*' argument|command-argument value) '(.*)' is invalid(?: for argument '(\w+)')?\. Allowed choices are (.*)\.$/
  const [, flag, value, argument, choices] = noChoice.exec(problem) ?? []
  if (choices) {
    return `pool: ${new BadInput(flag ?? argument ?? "", `one of ${choices}`, value).message}`
  }
  const words = guess ? `${problem}; ${guess.replace(/^\((.*)\)$/, "$1").toLowerCase()}` : problem
  return `pool: ${words.replace(/\.$/, "")}; see: ${help}`
}
