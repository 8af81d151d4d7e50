/** `pool dashboard`: the screen, attached to a pool that runs; or the same in lines, once, or in JSON. */
import { Command } from "commander"
import type { DashboardFlags } from "../dashboard.js"
import { withPoolFlags } from "../flags/flags.js"

/** The command, to be added to a program. */
export function dashboardCommand(): Command {
  return withPoolFlags(new Command("dashboard"))
    .description("watch a pool live, and give its workers orders")
    .option("--once", "print the table, and exit")
    .option("--plain", "a line for every event (on a pipe: always)")
    .option("--json", "a JSON object for every event")
    .option("--ascii", "draw with ASCII characters only")
    .option("--demo", "a pool inside this process; no server needed")
    .addHelpText(
      "after",
      `
On the screen ? shows the keys. Workers obey orders if they were started with --allow-control.

Examples:
  pool dashboard
  pool dashboard --once
  pool dashboard --json | jq .`,
    )
    .action(async (flags: DashboardFlags) => {
      const { show } = await import("../dashboard.js")
      await show(flags)
    })
}
