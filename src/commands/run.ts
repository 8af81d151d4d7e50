/** `pool run`: any program, run only while this member leads. */
import { Command, Option } from "commander"
import { unawaited } from "../contracts/unawaited.js"
import { COMMAND_RESTARTS, type CommandRestart } from "../supervision/command-runner.js"
import { CommandWarden } from "../supervision/command-warden.js"
import { LOG_LEVELS } from "../supervision/log.js"
import type { WorkerEvent } from "../supervision/supervisor.js"
import { WorkerGroup } from "../supervision/worker-group.js"
import { defaultName } from "../worker/open-backend.js"
import { durationIn, withHttpFlag, withPoolFlags, withTimingFlags } from "./flags/flags.js"
import { withLeadingFlags } from "./flags/leading-flags.js"
import { settingsIn, type WorkerFlags } from "./flags/worker-flags.js"
import { EXIT } from "./terminal/exit.js"
import { interrupts } from "./terminal/interrupt.js"

interface RunFlags extends WorkerFlags {
  name?: string
  restart: CommandRestart
  backoff: number
  stopGrace: number
}

const DEFAULT_GRACE_MS = 10_000
const DEFAULT_BACKOFF_MS = 1_000
/** What the worker has beyond the program's grace time, to see it killed, in ms. */
const MARGIN_MS = 2_000
/** Programs fail as often as they like: they wait longer each time instead. */
const ENDLESS = { failures: 1_000_000_000, withinMs: 1 }

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
    .action((argv: string[], _flags: object, command: Command) =>
      run(argv, command.optsWithGlobals()),
    )
}

async function run(argv: string[], flags: RunFlags): Promise<void> {
  const { restart, backoff, stopGrace } = flags
  const settings = {
    ...settingsIn(flags, flags.name ?? defaultName()),
    leaderGraceMs: stopGrace + MARGIN_MS,
    restarts: ENDLESS,
    command: { argv, restart, graceMs: stopGrace, backoffMs: backoff },
  }
  let settleGone: (event: WorkerEvent) => void = () => {}
  const gone = new Promise<WorkerEvent>((resolve) => {
    settleGone = resolve
  })
  const warden = new CommandWarden(say)
  let isInterrupted = false
  let group: WorkerGroup | undefined
  // Before anything else: what comes while it connects is heard too.
  const interrupted = interrupts(() => {
    warden.endProgram()
    group?.supervisor.killAll()
    process.exitCode = EXIT.failed
  })
  const gathered = WorkerGroup.gather({
    settings,
    signal: interrupted.signal,
    stdin: process.stdin.isTTY ? "ignore" : "inherit",
    onWord: (_worker, word) => warden.heard(word),
    onExit: () => warden.endProgram(),
    onEvent: (event) => {
      if (event.type === "gone") settleGone(event)
    },
    report: say,
  })
  group = await Promise.race([gathered, interrupted.first.then(() => undefined)])
  // Nothing has begun that would have to be ended.
  if (!group) return process.exit(EXIT.ok)
  try {
    await Promise.race([group.start(settings.name), interrupted.first])
    const noted = interrupted.first.then(() => {
      isInterrupted = true
    })
    unawaited(noted)
    const event = await Promise.race([gone, interrupted.first])
    if (event?.type === "gone") process.exitCode = endingOf(event, isInterrupted)
  } finally {
    await group.disband()
    interrupted.stop()
  }
}

function endingOf(event: WorkerEvent & { type: "gone" }, isInterrupted: boolean): number {
  if (isInterrupted) return EXIT.ok
  if (event.isKind) return event.exitCode ?? EXIT.failed
  say(`the worker ${event.how}, and its program was killed`)
  return EXIT.failed
}

function say(problem: string): void {
  console.error(`pool: ${problem}`)
}
