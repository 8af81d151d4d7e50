/** `pool history`: who led, from when to when, and why. */
import { Command } from "commander"
import { wholeIn, withPoolFlags } from "../flags/flags.js"
import type { HistoryFlags } from "../history.js"

/** The command, to be added to a program. */
export function historyCommand(): Command {
  return withPoolFlags(new Command("history"))
    .description("who led the pool, from when to when, and why")
    .option("--limit <n>", "how many reigns, the last ones", wholeIn("--limit", 1), 20)
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      `
GAP is how long nobody led before: from the word that the reign before was over, or without one from its last
renewal, to the first claim.

Examples:
  pool history
  pool history --limit 100 --json`,
    )
    .action(async (flags: HistoryFlags) => {
      const { showHistory } = await import("../history.js")
      await showHistory(flags)
    })
}
