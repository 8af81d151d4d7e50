/** What `pool doctor` does: it looks at what a pool stands on, and prints what it finds. */
import { PoolError } from "../errors/errors.js"
import { timingsOf } from "../lease/timings.js"
import { connectToNats } from "../nats/connection.js"
import { type Examination, examine, type Finding } from "../operator/doctor.js"
import type { Role } from "../operator/permissions.js"
import { connectionIn, type PoolFlags, type TimingFlags, timingIn } from "./flags/flags.js"
import { EXIT } from "./terminal/exit.js"

export interface DoctorFlags extends PoolFlags, TimingFlags {
  role: Role
  json?: boolean
}

/** Prints each finding. Sets the exit code. */
export async function visit(flags: DoctorFlags): Promise<void> {
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
