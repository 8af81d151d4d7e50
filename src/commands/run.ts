/** What `pool run` does: a worker that leads runs a program, and a warden ends it if the worker is killed. */
import { unawaited } from "../contracts/unawaited.js"
import { CommandWarden } from "../supervision/command-warden.js"
import type { WorkerEvent } from "../supervision/supervisor.js"
import { WorkerGroup } from "../supervision/worker-group.js"
import type { CommandRestart } from "../supervision/worker-settings.js"
import { defaultName } from "../worker/open-backend.js"
import type { WorkerFlags } from "./flags/worker-flags.js"
import { settingsIn } from "./flags/worker-settings.js"
import { EXIT } from "./terminal/exit.js"
import { interrupts } from "./terminal/interrupt.js"

export interface RunFlags extends WorkerFlags {
  name?: string
  restart: CommandRestart
  backoff: number
  stopGrace: number
}

/** What the worker has beyond the program's grace time, to see it killed, in ms. */
const MARGIN_MS = 2_000
/** Programs fail as often as they like: they wait longer each time instead. */
const ENDLESS = { failures: 1_000_000_000, withinMs: 1 }

/** Runs until the program is done, the worker is gone, or it is interrupted. Sets the exit code. */
export async function run(argv: string[], flags: RunFlags): Promise<void> {
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
