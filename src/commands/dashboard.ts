/** `pool dashboard`: the screen, attached to a pool that runs; or the same in lines, once, or in JSON. */
import { Command } from "commander"
import { attach } from "../dashboard/pool-source.js"
import { runDashboard, runDemo } from "../dashboard/start.js"
import { connectionIn, type PoolFlags, withPoolFlags } from "./flags/flags.js"

interface DashboardFlags extends PoolFlags {
  once?: boolean
  plain?: boolean
  json?: boolean
  ascii?: boolean
  demo?: boolean
}

/** The command, to be added to a program. */
export function dashboardCommand(): Command {
  return withPoolFlags(new Command("dashboard"))
    .description("watch a pool live, and give its workers orders")
    .option("--once", "print the table, and exit")
    .option("--plain", "a line for every event (on a pipe: always)")
    .option("--json", "a JSON object for every event")
    .option("--ascii", "draw with ASCII characters only")
    .option("--demo", "a made-up pool; no server needed")
    .addHelpText(
      "after",
      `
On the screen ? shows the keys. Workers obey orders if they were started with --allow-control.

Examples:
  pool dashboard
  pool dashboard --once
  pool dashboard --json | jq .`,
    )
    .action(show)
}

async function show(flags: DashboardFlags): Promise<void> {
  const { once, plain, json, ascii, demo, pool } = flags
  const options = { once, plain, json, ascii }
  process.exitCode = demo
    ? await runDemo(options)
    : await runDashboard(await attach({ pool, connect: connectionIn(flags) }), options)
}
