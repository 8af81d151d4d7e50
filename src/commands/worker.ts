/** What `pool worker` does: it starts one worker, and waits until it is gone or interrupted. */
import { once } from "node:events"
import { createLog } from "../logging/log.js"
import { WorkerGroup } from "../supervision/worker-group.js"
import { defaultName } from "../worker/open-backend.js"
import type { WorkerFlags } from "./flags/worker-flags.js"
import { settingsIn } from "./flags/worker-settings.js"
import { EXIT } from "./terminal/exit.js"
import { interrupts } from "./terminal/interrupt.js"

export interface OneWorkerFlags extends WorkerFlags {
  name?: string
}

/** How long what a killed worker left may take to be cleared away, in ms. */
const CLEARING_MS = 1_000

/** Works until it is interrupted. Sets the exit code. */
export async function work(flags: OneWorkerFlags): Promise<void> {
  const settings = settingsIn(flags, flags.name ?? defaultName())
  const { logLevel: level, verbose: isVerbose } = flags
  const base = { worker: settings.name, pid: process.pid }
  let group: WorkerGroup | undefined
  const interrupted = interrupts(() => {
    process.exitCode = EXIT.failed
    group?.supervisor.killAll()
    setTimeout(() => process.exit(), group ? CLEARING_MS : 0).unref()
  })
  const log = await createLog({ level, base, isVerbose })
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
