/** What `pool dashboard` does: it shows a pool that runs, or one that is made up. */
import { attach } from "../dashboard/attach.js"
import { runDashboard, runDemo } from "../dashboard/start.js"
import { connectionIn, type PoolFlags } from "./flags/flags.js"

export interface DashboardFlags extends PoolFlags {
  once?: boolean
  plain?: boolean
  json?: boolean
  ascii?: boolean
  demo?: boolean
}

/** Shows the pool until it is quit. Sets the exit code. */
export async function show(flags: DashboardFlags): Promise<void> {
  const { once, plain, json, ascii, demo, pool } = flags
  const options = { once, plain, json, ascii }
  process.exitCode = demo
    ? await runDemo(options)
    : await runDashboard(await attach({ pool, connect: connectionIn(flags) }), options)
}
