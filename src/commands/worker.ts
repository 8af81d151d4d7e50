/** `pool worker`: one worker, in a process of its own under a supervisor, until Ctrl-C. */
import { once } from "node:events"
import { Command } from "commander"
import { createLog } from "../supervision/log.js"
import { WorkerGroup } from "../supervision/worker-group.js"
import { defaultName } from "../worker/open-backend.js"
import { withHttpFlag } from "./flags/flags.js"
import { settingsIn, type WorkerFlags, withWorkerFlags } from "./flags/worker-flags.js"
import { EXIT } from "./terminal/exit.js"
import { interrupts } from "./terminal/interrupt.js"

interface OneWorkerFlags extends WorkerFlags {
  name?: string
}

/** How long what a killed worker left may take to be cleared away, in ms. */
const CLEARING_MS = 1_000

/** The command, to be added to a program. */
export function workerCommand(): Command {
  const command = new Command("worker")
    .description("join a pool and work until Ctrl-C")
    .option("-n, --name <name>", "a label; several may share it (default: host and pid)")
  return withHttpFlag(withWorkerFlags(command))
    .option("--allow-control", "obey orders from the dashboard and the command line")
    .addHelpText(
      "after",
      `
Ctrl-C stops kindly: the next in line leads at once, work in flight is finished. A second Ctrl-C stops now.

Examples:
  pool worker --name a
  pool worker --name a --handler ./mail.js --pool mail
  pool worker --name a --http 9100         and then: curl -i localhost:9100/leader
  pool worker --servers nats://10.0.0.5:4222,nats://10.0.0.6:4222 --replicas 3`,
    )
    .action((_flags: object, command: Command) => work(command.optsWithGlobals()))
}

async function work(flags: OneWorkerFlags): Promise<void> {
  const settings = settingsIn(flags, flags.name ?? defaultName())
  const { logLevel: level, verbose: isVerbose } = flags
  const base = { worker: settings.name, pid: process.pid }
  const log = createLog({ level, base, isVerbose })
  let group: WorkerGroup | undefined
  const interrupted = interrupts(() => {
    process.exitCode = EXIT.failed
    group?.supervisor.killAll()
    setTimeout(() => process.exit(), group ? CLEARING_MS : 0).unref()
  })
  let hasJoined = false
  const ending = new AbortController()
  const gathered = WorkerGroup.gather({
    settings,
    signal: interrupted.signal,
    respawn: flags.respawn,
    onEvent: (event) => {
      const { name } = event.worker
      if (event.type === "joined") hasJoined = true
      // Why one can't join is what starting it rejects with.
      if (!hasJoined) return
      if (event.type === "failed") console.error(`pool: worker ${name} gives up: ${event.message}`)
      if (event.type !== "gone" || (flags.respawn && !event.isKind && !event.isAskedFor)) return
      ending.abort()
      if (event.isKind) return
      console.error(`pool: worker ${name} ${event.how}`)
      process.exitCode = EXIT.failed
    },
    report: (problem, error) => log.warn({ err: error }, problem),
  })
  group = await Promise.race([gathered, interrupted.first.then(() => undefined)])
  // Nothing has begun that would have to be ended.
  if (!group) return process.exit(EXIT.ok)
  try {
    const gone = once(ending.signal, "abort")
    await Promise.race([group.start(settings.name), interrupted.first])
    await Promise.race([gone, interrupted.first])
  } finally {
    await group.disband()
    interrupted.stop()
  }
}
