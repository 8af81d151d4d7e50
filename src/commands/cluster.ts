/** `pool cluster`: a server, some workers and the dashboard, in one terminal. */
import { join } from "node:path"
import { Command } from "commander"
import { Crew } from "../crew.js"
import { attach } from "../dashboard/pool-source.js"
import { runDashboard } from "../dashboard/start.js"
import { freeName } from "../free-name.js"
import { DEFAULT_PORT, localServer } from "../local-server.js"
import type { WorkerSettings } from "../process-words.js"
import { wholeIn } from "./flags.js"
import { settingsIn, type WorkerFlags, withWorkerFlags } from "./worker-flags.js"

interface ClusterFlags extends WorkerFlags {
  workers: number
  port: number
  dashboard: boolean
  json?: boolean
  ascii?: boolean
}

const LOGS = join(".pool", "logs")

/** The command, to be added to a program. */
export function clusterCommand(): Command {
  return withWorkerFlags(new Command("cluster"))
    .description("start a server, some workers and the dashboard; quitting stops what was started")
    .option("--workers <n>", "how many", wholeIn("--workers", 0), 3)
    .option("--port <port>", "port of the server", wholeIn("--port", 1), DEFAULT_PORT)
    .option("--no-dashboard", "a line for every event instead of the screen")
    .option("--ascii", "draw with plain characters")
    .option("--json", "a JSON object for every event instead of the screen")
    .addHelpText(
      "after",
      `
A server that listens already is used, and not stopped. With --servers none is started.

Examples:
  pool cluster
  pool cluster --workers 5 --lease 1s
  pool cluster --handler ./mail.js --no-dashboard`,
    )
    .action(runCluster)
}

async function runCluster(flags: ClusterFlags): Promise<void> {
  const settings = settingsIn({ ...flags, allowControl: true }, "a")
  const server = flags.servers
    ? undefined
    : await localServer({ env: process.env, port: flags.port, report: say })
  try {
    const connect = server ? { ...settings.connect, servers: server.url } : settings.connect
    process.exitCode = await runWorkers({ ...settings, connect }, flags)
  } finally {
    await server?.started?.stop()
  }
}

async function runWorkers(settings: WorkerSettings, flags: ClusterFlags): Promise<number> {
  const crew = await Crew.gather({
    settings,
    logDir: LOGS,
    respawn: flags.respawn,
    onEvent: () => {},
    report: () => {},
  })
  try {
    for (let n = 0; n < flags.workers; n += 1) {
      await crew.start(freeName(crew.supervisor.workers.map(({ name }) => name)))
    }
    const source = await attach({
      pool: settings.pool,
      connect: settings.connect,
      crew,
      logs: LOGS,
    })
    const { json, ascii, dashboard } = flags
    return await runDashboard(source, { json, ascii, plain: !dashboard })
  } finally {
    await crew.disband()
  }
}

function say(line: string): void {
  console.error(line)
}
