/** `pool run`: any program, run only while this member leads. */
import { Command, Option } from "commander"
import { COMMAND_RESTARTS, LOG_LEVELS } from "../../supervision/worker-settings.js"
import { durationIn, withHttpFlag, withPoolFlags, withTimingFlags } from "../flags/flags.js"
import { withLeadingFlags } from "../flags/leading-flags.js"

const DEFAULT_GRACE_MS = 10_000
const DEFAULT_BACKOFF_MS = 1_000

/** The command, to be added to a program. */
export function runCommand(): Command {
  const restart = new Option("--restart <when>", "start it anew in a later reign")
  const level = new Option("--log-level <level>", "what to log, to standard error")
  const backoff = new Option(
    "--backoff <time>",
    "wait after its first failure; doubled with each, up to 30s",
  )
  const grace = new Option("--stop-grace <time>", "from SIGTERM to SIGKILL, when its reign ends")
  return withHttpFlag(withLeadingFlags(withTimingFlags(withPoolFlags(new Command("run")))))
    .description("run a program, in any language, only while this member leads")
    .argument("<command...>", "the program and its arguments, after --")
    .option("-n, --name <name>", "a label; several may share it (default: host and pid)")
    .addOption(restart.choices(COMMAND_RESTARTS).default("on-failure"))
    .addOption(backoff.default(DEFAULT_BACKOFF_MS, "1s").argParser(durationIn("--backoff")))
    .addOption(grace.default(DEFAULT_GRACE_MS, "10s").argParser(durationIn("--stop-grace")))
    .option("--allow-control", "obey orders from the dashboard and the command line")
    .addOption(level.choices(LOG_LEVELS).default("warn"))
    .addHelpText(
      "after",
      `
The program is started when this member is elected, and gets SIGTERM when it has to stop leading; the next one leads
when it has ended. What it starts is ended with it. It finds POOL_TERM (pass it along with what it writes, and have
a lower one refused), POOL_NAME, POOL_MEMBER and POOL_POOL in its environment.
If it succeeds, this member leaves, with exit code 0. If it fails, this member goes to the end of the line; with
--restart never it leaves, with the program's exit code.
Exit codes: the program's; 0 after Ctrl-C, 1 if the member failed, 126 and 127 if the program can't be run.

Examples:
  pool run -- ./nightly.sh
  pool run --pool billing --restart always -- python3 consumer.py
  pool run --name $HOSTNAME --stop-grace 1m -- node scheduler.js`,
    )
    .action(async (argv: string[], _flags: object, command: Command) => {
      const { run } = await import("../run.js")
      await run(argv, command.optsWithGlobals())
    })
}
