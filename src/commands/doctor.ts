/** What `pool doctor` does: it looks at what a pool stands on, and prints what it finds. */
import type { NatsConnection } from "nats"
import { type Examination, examine, type Finding } from "../doctor/doctor.js"
import { BadInput, PoolError } from "../errors/errors.js"
import { oneLine } from "../errors/thrown.js"
import { bucketSettingsOf } from "../jetstream/bucket-settings.js"
import { type Timings, timingsOf } from "../lease/timings.js"
import { connectToNats } from "../nats/connection.js"
import type { Role } from "../operator/permissions.js"
import { namesOf } from "../protocol/names.js"
import { connectionIn, type PoolFlags, type TimingFlags, timingIn } from "./flags/flags.js"
import { EXIT } from "./terminal/exit.js"

export interface DoctorFlags extends PoolFlags, TimingFlags {
  role: Role
  monitoring?: string
  json?: boolean
}

/** Prints each finding. Sets the exit code. */
export async function visit(flags: DoctorFlags): Promise<void> {
  const print = (finding: Finding) => {
    console.log(flags.json ? JSON.stringify(finding) : inWords(finding))
    if (finding.verdict === "fail") process.exitCode = EXIT.failed
  }
  const asked = timingsOf(timingIn(flags))
  const monitoring = addressesIn(flags.monitoring)
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
    const { pool, role, replicas } = flags
    const leaseMs = flags.lease ?? (await usualLeaseMs(connection, pool, asked))
    const examination: Examination = { connection, pool, role, leaseMs, replicas, monitoring }
    for await (const finding of examine(examination)) print(finding)
  } finally {
    await connection.close()
  }
}

/** Without a word of ours it is that of so many replicas as the bucket has. */
async function usualLeaseMs(connection: NatsConnection, pool: string, asked: Timings) {
  if (asked.replicas > 1) return asked.leaseMs
  const settings = await bucketSettingsOf(connection, namesOf(pool).bucket).catch(() => undefined)
  return timingsOf({ replicas: (settings?.replicas ?? 1) > 1 ? 3 : 1 }).leaseMs
}

/** The addresses that `--monitoring` names. Throws BadInput for what is none. */
function addressesIn(text = ""): string[] {
  const named = text
    .split(",")
    .map((it) => it.trim())
    .filter(Boolean)
  return named.map((it) => {
    const url = URL.canParse(it) ? it : `http://${it}`
    if (URL.canParse(url) && /^https?:/.test(url)) return url
    throw new BadInput("--monitoring", "addresses such as http://n1:8222,http://n2:8222", text)
  })
}

/** Our messages end with the way out. */
function unreachable(error: unknown): Finding {
  if (!(error instanceof PoolError) || error.code === "bad-input") throw error
  const [says = "", ...remedy] = error.message.split("; ")
  return { what: "connection", verdict: "fail", says, remedy: remedy.join("; ") }
}

/** Names of others stand in it, which must not steer the terminal; so long it is at most, in characters. */
const LONGEST = 2_000

function inWords({ what, verdict, says, remedy }: Finding): string {
  const line = `${verdict.padEnd(5)} ${what.padEnd(12)} ${oneLine(says, LONGEST)}`
  return remedy ? `${line}\n${" ".repeat(19)}do: ${remedy}` : line
}
