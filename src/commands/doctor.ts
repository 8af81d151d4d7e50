/** `pool doctor`: what a pool stands on, looked at piece by piece. */
import { Command, Option } from "commander"
import { PoolError } from "../errors/errors.js"
import { timingsOf } from "../lease/timings.js"
import { connectToNats } from "../nats/connection.js"
import { type Examination, examine, type Finding } from "../operator/doctor.js"
import { ROLES, type Role } from "../operator/permissions.js"
import {
  connectionIn,
  type PoolFlags,
  type TimingFlags,
  timingIn,
  withPoolFlags,
  withTimingFlags,
} from "./flags/flags.js"
import { EXIT } from "./terminal/exit.js"

interface DoctorFlags extends PoolFlags, TimingFlags {
  role: Role
  json?: boolean
}

/** The command, to be added to a program. */
export function doctorCommand(): Command {
  const role = new Option("--role <role>", "whose permissions to try out").choices(ROLES)
  return withTimingFlags(withPoolFlags(new Command("doctor")))
    .description("look at what the pool stands on: server, bucket, permissions, clock, speed")
    .addOption(role.default("worker"))
    .option("--json", "print a JSON object for each finding")
    .addHelpText(
      "after",
      `
Exit codes: 0 nothing failed (warnings are no failures), 1 something did, 2 bad usage.

Examples:
  pool doctor
  pool doctor --pool mail --role requester --user web
  pool doctor --json | jq -r 'select(.verdict != "ok")'`,
    )
    .action(visit)
}

async function visit(flags: DoctorFlags): Promise<void> {
  const print = (finding: Finding) => {
    console.log(flags.json ? JSON.stringify(finding) : inWords(finding))
    if (finding.verdict === "fail") process.exitCode = EXIT.failed
  }
  const { leaseMs } = timingsOf(timingIn(flags))
  const began = performance.now()
  const connection = await connectToNats(connectionIn(flags), `pool ${flags.pool} doctor`).catch(
    (error) => print(unreachable(error)),
  )
  if (!connection) return
  try {
    const version = connection.info?.version
    const says = `${connection.getServer()} after ${Math.round(performance.now() - began)} ms`
    print({ what: "connection", verdict: "ok", says })
    print({ what: "server", verdict: "ok", says: `nats-server ${version}` })
    const examination: Examination = { connection, pool: flags.pool, role: flags.role, leaseMs }
    for await (const finding of examine(examination)) print(finding)
  } finally {
    await connection.close()
  }
}

/** Our messages end with the way out. */
function unreachable(error: unknown): Finding {
  if (!(error instanceof PoolError) || error.code === "bad-input") throw error
  const [says = "", ...remedy] = error.message.split("; ")
  return { what: "connection", verdict: "fail", says, remedy: remedy.join("; ") }
}

function inWords({ what, verdict, says, remedy }: Finding): string {
  const line = `${verdict.padEnd(5)} ${what.padEnd(12)} ${says}`
  return remedy ? `${line}\n${" ".repeat(19)}do: ${remedy}` : line
}
