/** `pool worker`: one worker, in a process of its own under a supervisor, until Ctrl-C. */
import { Command } from "commander"
import { withHttpFlag } from "../flags/flags.js"
import { withWorkerFlags } from "../flags/worker-flags.js"

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
    .action(async (_flags: object, command: Command) => {
      const { work } = await import("../worker.js")
      await work(command.optsWithGlobals())
    })
}
