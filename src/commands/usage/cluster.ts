/** `pool cluster`: a server, some workers and the dashboard, in one terminal. */
import { Command, Option } from "commander"
import { BadInput } from "../../errors/errors.js"
import { DEFAULT_PORT } from "../../nats-server/default-port.js"
import { portIn, wholeIn, withHttpFlag } from "../flags/flags.js"
import { withWorkerFlags } from "../flags/worker-flags.js"

/** The command, to be added to a program. */
export function clusterCommand(): Command {
  const counts = ["1", "3", "5"]
  const count = new Option("--server-count <n>", "servers to start, as one cluster")
    .choices(counts)
    .default(1)
    .argParser((text) => {
      if (counts.includes(text.trim())) return Number(text)
      throw new BadInput("--server-count", "1, 3 or 5", text)
    })
  const command = new Command("cluster")
    .description("start a server, some workers and the dashboard; quitting stops what was started")
    .option("--workers <n>", "how many", wholeIn("--workers", 0), 3)
    .addOption(count)
    .option("--port <port>", "port of the (first) server", portIn, DEFAULT_PORT)
    .option("--no-dashboard", "a line for every event instead of the screen (on a pipe: always)")
    .option("--json", "a JSON object for every event instead of the screen")
    .option("--ascii", "draw with ASCII characters only")
  return withHttpFlag(withWorkerFlags(command), "; the second worker on the next port, and so on")
    .addHelpText(
      "after",
      `
On the screen ? shows the keys. A server that listens already is used, and not stopped. With --servers none is started.
Logs are in .pool/logs. A second Ctrl-C does not wait for work in flight. Ctrl-Z suspends the screen alone: server
and workers go on. Several servers are started with configurations in .pool/servers-3, to read and to copy; on the
screen Tab goes to the servers, to stop, kill and bring back each, with its files or without.

Examples:
  pool cluster
  pool cluster --workers 5 --lease 1s
  pool cluster --server-count 3
  pool cluster --handler ./mail.js --no-dashboard`,
    )
    .action(async (_flags: object, command: Command) => {
      const { runCluster } = await import("../cluster.js")
      await runCluster(command.optsWithGlobals())
    })
}
