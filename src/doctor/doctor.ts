/**
 * Examines what a pool stands on: the server, its bucket, its clock, what this user may do, and this machine. Changes
 * nothing but the entry `clock`, as everybody does who joins. Each finding says what is so, and what to do about it.
 */
import { jetstreamManager } from "@nats-io/jetstream"
import { type NatsConnection, nanos } from "nats"
import { domainOf, inDomain } from "../contracts/js-domain.js"
import { flawsIn } from "../jetstream/bucket-flaws.js"
import { findStream } from "../jetstream/find-stream.js"
import { findKvBucket } from "../jetstream/kv-bucket.js"
import { LEASES_PER_ENTRY } from "../lease/timings.js"
import { jobPermissionsOf, together } from "../operator/job-permissions.js"
import { permissionsOf, type Role } from "../operator/permissions.js"
import { type PoolView, viewOf } from "../operator/pool-view.js"
import { reignOf } from "../protocol/claim.js"
import { CLOCK_KEY, namesOf, type PoolNames } from "../protocol/names.js"
import { kibOf, limitsIn } from "./account-limits.js"
import { leafOf, leaseOf, replicasOf, serversOf, syncOf } from "./cluster-checks.js"
import { type ClusterFacts, clusterFacts } from "./cluster-facts.js"
import { eventLoop, roundTrip } from "./delays.js"
import { lowerTerms, remedyFor } from "./doctor-terms.js"
import { failover } from "./failover.js"
import { type Finding, fail, failed, ok, warn } from "./finding.js"
import { areJobsSeen, jobsExamined } from "./job-facts.js"
import { probe } from "./probe.js"

export type { Finding, Severity } from "./finding.js"

export interface Examination {
  readonly connection: NatsConnection
  readonly pool: string
  /** Whose permissions are tried out. */
  readonly role: Role
  readonly leaseMs: number
  /** How many replicas there should be, if somebody said. */
  readonly replicas?: number | undefined
  /** Addresses of the servers' monitoring, which tells what nothing else does. */
  readonly monitoring?: readonly string[]
}

/** Beyond this somebody should know of it, in ms. */
const SLOW_CLOCK_MS = 1_000

/** The pool, looked at once by all who ask: where nobody leads a look takes a lease. */
type Look = () => Promise<PoolView>
/** What is to be said, or nothing: of a cluster where there is none. */
type Check = (
  examination: Examination,
  names: PoolNames,
  look: Look,
  facts: () => Promise<ClusterFacts>,
) => Promise<Omit<Finding, "what"> | undefined>

const CHECKS: Readonly<Record<string, Check>> = {
  jetstream: jetStream,
  bucket,
  servers: async (_, __, ___, facts) => serversOf(await facts()),
  replicas: async (it, __, ___, facts) => replicasOf(await facts(), it.replicas),
  lease: async (_, __, ___, facts) => leaseOf(await facts()),
  "sync to disk": async (_, __, ___, facts) => syncOf(await facts()),
  "leaf node": async ({ connection }, _, __, facts) => leafOf(await facts(), domainOf(connection)),
  permissions,
  clock,
  "round trip": roundTrip,
  "event loop": eventLoop,
  terms,
  pool: members,
}

/** Looks at everything, one after another. What can't be looked at is a failure of its own. */
export async function* examine(examination: Examination): AsyncGenerator<Finding> {
  const { connection, pool } = examination
  const names = namesOf(pool)
  let view: Promise<PoolView> | undefined
  const look = () => {
    view ??= viewOf(connection, pool)
    return view
  }
  let known: Promise<ClusterFacts> | undefined
  const facts = () => {
    known ??= clusterFacts(connection, names, examination.monitoring ?? [])
    return known
  }
  const { cluster, jetstream } = connection.info ?? {}
  const isClustered = cluster !== undefined && jetstream === true
  for (const [what, check] of Object.entries(CHECKS)) {
    const said = await check(examination, names, look, facts).catch((error) =>
      failed(error, isClustered),
    )
    if (said) yield { what, ...said }
  }
  yield* await jobsExamined(connection, pool)
  const { bucket } = await facts()
  const { leaseMs, replicas = 1 } = examination
  // Those of the pool that there is, if there is one.
  const settings = bucket
    ? { leaseMs: bucket.ageMs / LEASES_PER_ENTRY, replicas: bucket.replicas }
    : { leaseMs, replicas }
  yield* failover(settings)
}

async function jetStream({ connection }: Examination, names: PoolNames) {
  const manager = await jetstreamManager(connection, inDomain(connection))
  const account = await manager.getAccountInfo()
  const bucket = `KV_${names.bucket}`
  const wanted = [bucket, names.historyStream]
  const isThere = await Promise.all(wanted.map((name) => findStream(connection, name)))
  const missing = wanted.filter((_, n) => !isThere[n])
  // Without a history a pool does without; not without its bucket.
  const judge = missing.includes(bucket) ? fail : warn
  return limitsIn(account, missing, judge) ?? ok(`${kibOf(account.storage)} of file storage used`)
}

async function bucket({ connection, leaseMs }: Examination, names: PoolNames) {
  const stream = await findStream(connection, `KV_${names.bucket}`)
  if (!stream) return ok(`${names.bucket} is not there yet; the first worker makes it`)
  const { max_age, max_msgs_per_subject } = stream.config
  const ttlMs = max_age / nanos(1)
  const [flaw, ...more] = flawsIn(names.bucket, stream)
  if (flaw) {
    const says = [flaw, ...more].map((it) => it.says).join("; ")
    return fail(says, flaw.remedy)
  }
  const remedy = "workers adjust it when they join; see that all have the same --lease"
  const wantedMs = leaseMs * LEASES_PER_ENTRY
  if (ttlMs !== wantedMs) {
    return warn(
      `entries live ${ttlMs} ms, with a lease of ${leaseMs} ms it should be ${wantedMs}`,
      remedy,
    )
  }
  if (max_msgs_per_subject !== 1) return warn(`keeps ${max_msgs_per_subject} of each entry`, remedy)
  return ok(`${names.bucket}: on file, entries live ${ttlMs} ms`)
}

async function permissions({ connection, role, pool }: Examination, names: PoolNames) {
  const aRole = /^[aeiou]/.test(role) ? `an ${role}` : `a ${role}`
  const base = permissionsOf(role, names)
  const withJobs = role === "enqueuer" || (await areJobsSeen(connection, pool))
  const needed = withJobs ? together(base, jobPermissionsOf(role, pool)) : base
  const { refused, untried } = await probe(connection, names, needed)
  if (refused.length > 0) {
    return fail(
      `${aRole} needs, and this user may not: ${refused.join(", ")}`,
      "give them to the user, as deploy/nats-permissions.conf does",
    )
  }
  return ok(
    `all that ${aRole} needs${untried.length > 0 ? `; not tried: ${untried.join(", ")}` : ""}`,
  )
}

async function clock({ connection, role }: Examination, names: PoolNames) {
  const bucket = await findKvBucket(connection, names.bucket)
  if (!bucket) return ok("no bucket yet, and so no time of the server's to compare with")
  if (role !== "worker") return ok("only a worker may ask the server for its time")
  const beforeMs = Date.now()
  const revision = await bucket.put(CLOCK_KEY, new Uint8Array())
  const entry = await bucket.get(CLOCK_KEY)
  if (!entry || entry.deleted || entry.revision < revision) {
    return fail(
      "what is written to the bucket can't be read back",
      "see what is said of the bucket above; if nothing is, a replica lags: try again",
    )
  }
  const aheadMs = Math.round((beforeMs + Date.now()) / 2 - entry.writtenMs)
  const says = `this machine is ${Math.abs(aheadMs)} ms ${aheadMs < 0 ? "behind" : "ahead of"} the server`
  if (Math.abs(aheadMs) < SLOW_CLOCK_MS) return ok(says)
  return warn(
    `${says}; nobody's place depends on that, but times in logs do`,
    "let NTP set the clocks",
  )
}

async function terms({ connection }: Examination, names: PoolNames, look: Look) {
  const view = await look()
  const lower = await lowerTerms(connection, names, view)
  if (!lower) {
    const { standing } = view
    return ok(standing ? `${reignOf(standing).term}, the highest known` : "none yet")
  }
  const { term, known, by } = lower
  const stream = await findStream(connection, `KV_${names.bucket}`)
  return fail(
    `${term} is below ${known}, known to ${by.join(", ")}: who fences by term refuses every leader`,
    remedyFor(lower, names, stream?.state.last_seq ?? 0),
  )
}

async function members(_: Examination, __: PoolNames, look: Look) {
  const { members, standing, isHeld, unreadable } = await look()
  if (unreadable.length > 0) {
    return warn(
      `entries that this version can't read: ${unreadable.join(", ")}`,
      "upgrade whichever is older, or remove them: nats kv del",
    )
  }
  if (members.length === 0) return warn("nobody is there", "start one with: pool worker")
  const lingering = members.filter((member) => member.lingering)
  if (lingering.length > 0) {
    const who = lingering.map((member) => `${member.name} (term ${member.lingering?.term})`)
    return warn(
      `may not lead, for lead() has not returned after its reign: ${who.join(", ")}`,
      "see that it returns when its signal fires; if it never does: pool kill",
    )
  }
  if (!standing || !isHeld)
    return warn(`${members.length} are there, nobody leads`, "see: pool members")
  return ok(`${standing.claim.name} leads, ${members.length} are there`)
}
