/** `pool doctor`: what a pool stands on, looked at piece by piece. */
import { Command, Option } from "commander"
import { ROLES } from "../../operator/permissions.js"
import type { DoctorFlags } from "../doctor.js"
import { withPoolFlags, withTimingFlags } from "../flags/flags.js"

/** The command, to be added to a program. */
export function doctorCommand(): Command {
  const role = new Option("--role <role>", "whose permissions to try out").choices(ROLES)
  return withTimingFlags(withPoolFlags(new Command("doctor")))
    .description(
      "look at what the pool and its jobs stand on, and how long nobody would lead if some of it fails",
    )
    .addOption(role.default("worker"))
    .option(
      "--monitoring <urls>",
      "the servers' monitoring, to see what nothing else tells of them",
    )
    .option("--json", "print a JSON object for each finding")
    .addHelpText(
      "after",
      `
Exit codes: 0 nothing failed (warnings are no failures), 1 something did, 2 bad usage.
What begins with "if" is no finding, but a way to fail: for how long nobody would lead with the settings of this pool.

Examples:
  pool doctor
  pool doctor --pool mail --role requester --user web
  pool doctor --replicas 3 --monitoring http://n1:8222,http://n2:8222,http://n3:8222
  pool doctor --json | jq -r 'select(.verdict != "ok")'`,
    )
    .action(async (flags: DoctorFlags) => {
      const { visit } = await import("../doctor.js")
      await visit(flags)
    })
}
