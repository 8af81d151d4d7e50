/** `pool members`: who is in the pool, in order of seniority. */
import { Command } from "commander"
import { withPoolFlags } from "../flags/flags.js"
import type { MembersFlags } from "../members.js"

/** The command, to be added to a program. */
export function membersCommand(): Command {
  return withPoolFlags(new Command("members"))
    .description("who is in the pool, longest running first")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExamples:\n  pool members\n  pool members --pool mail --json")
    .action(async (flags: MembersFlags) => {
      const { listMembers } = await import("../members.js")
      await listMembers(flags)
    })
}
