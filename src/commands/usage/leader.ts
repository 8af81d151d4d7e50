/** `pool leader`: who leads, since when, and who comes next. */
import { Command } from "commander"
import { withPoolFlags } from "../flags/flags.js"
import type { LeaderFlags } from "../leader.js"

/** The command, to be added to a program. */
export function leaderCommand(): Command {
  return withPoolFlags(new Command("leader"))
    .description("who leads the pool, and who comes next")
    .option("-w, --watch", "go on, a line for every change, until Ctrl-C")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExamples:\n  pool leader\n  pool leader --watch --json")
    .action(async (flags: LeaderFlags) => {
      const { showLeader } = await import("../leader.js")
      await showLeader(flags)
    })
}
