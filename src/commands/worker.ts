/** `pool worker`: one worker, in a process of its own under a supervisor, until Ctrl-C. */
import { Command } from "commander"
import { Crew } from "../crew.js"
import type { WorkerEvent } from "../supervisor.js"
import { EXIT } from "./exit.js"
import { interrupts } from "./interrupt.js"
import { settingsIn, type WorkerFlags, withWorkerFlags } from "./worker-flags.js"

/** The command, to be added to a program. */
export function workerCommand(): Command {
  return withWorkerFlags(new Command("worker"))
    .description("join a pool and work until Ctrl-C")
    .option("-n, --name <name>", "a label for this worker (host and pid)")
    .addHelpText(
      "after",
      `
Ctrl-C stops kindly: the next in line leads at once, work in flight is finished. A second Ctrl-C stops now.

Examples:
  pool worker --name a
  pool worker --name a --handler ./mail.js --pool mail
  pool worker --servers nats://10.0.0.5:4222,nats://10.0.0.6:4222 --replicas 3`,
    )
    .action(work)
}

async function work(flags: WorkerFlags & { name?: string }): Promise<void> {
  const settings = settingsIn(flags, flags.name ?? `worker-${process.pid}`)
  let hasJoined = false
  let settleEnded: (event: WorkerEvent) => void = () => {}
  const ended = new Promise<WorkerEvent>((resolve) => {
    settleEnded = resolve
  })
  const crew = await Crew.gather({
    settings,
    respawn: flags.respawn,
    onEvent: (event) => {
      if (event.type !== "gone") return
      const comesBack = hasJoined && flags.respawn && !event.isKind && !event.isAskedFor
      if (!comesBack) settleEnded(event)
    },
    report: (problem) => console.error(`pool: ${problem}`),
  })
  const interrupted = interrupts(() => {
    crew.supervisor.killAll()
    process.exitCode = EXIT.failed
  })
  try {
    const started = crew.start(settings.name).then(() => {
      hasJoined = true
    })
    await Promise.race([started, interrupted.first])
    const event = await Promise.race([ended, interrupted.first])
    if (event?.type === "gone" && !event.isKind) {
      console.error(`pool: worker ${settings.name} ${event.how}`)
      process.exitCode = EXIT.failed
    }
  } finally {
    await crew.disband()
    interrupted.stop()
  }
}
