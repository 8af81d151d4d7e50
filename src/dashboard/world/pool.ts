/**
 * The pool as this dashboard knows it: a pure function from what it knew and what happened to what it knows
 * now. Each change is told in the log by comparing what was with what is.
 */
import type { StandingClaim } from "../../protocol/claim.js"
import type { Member } from "../../protocol/member.js"
import { ordinal } from "../../strategies/strategy.js"
import type { Instant } from "../../time/clock.js"
import { latency } from "../drawing/format.js"
import { JOBS_UNSEEN, type JobsSeen, lookedAt, notSeen } from "../jobs/jobs-seen.js"
import { inOrder, type Log, NO_LOG, type Note, noted } from "./log.js"
import * as members from "./members.js"
import * as reigns from "./reigns.js"
import { NO_REIGNS, type Reigns } from "./reigns.js"
import { leads, lingers, WENT, workState } from "./sentences.js"
import { type Away, awayAfter, changesIn, NO_SERVERS, type ServersSeen } from "./servers.js"
import type { ConnectionState, PoolEvent } from "./source.js"
import { counted, forgotten, NO_WORK, secondOver, type WorkSeen } from "./work.js"

/** A tick that comes so much later than the one before says that this process stood still, as after Ctrl-Z, in ms. */
const STOOD_STILL_MS = 3000

export interface Pool {
  readonly ttlMs: number
  /** When the last second was over. */
  readonly tickedMonoMs: number
  readonly isCaughtUp: boolean
  readonly connection: ConnectionState & { readonly sinceMonoMs: number }
  readonly members: members.Members
  readonly reigns: Reigns
  readonly work: WorkSeen
  readonly servers: ServersSeen
  readonly serversAway: Away
  readonly jobs: JobsSeen
  readonly log: Log
  /** Keys of entries that can't be read. */
  readonly undecodable: ReadonlySet<string>
}

/** What a dashboard knows that has not listened yet. */
export function unknownPool(ttlMs: number, at: Instant): Pool {
  return {
    ttlMs,
    tickedMonoMs: at.monoMs,
    isCaughtUp: false,
    connection: { isUp: true, sinceMonoMs: at.monoMs },
    members: members.NO_MEMBERS,
    reigns: NO_REIGNS,
    work: NO_WORK,
    servers: NO_SERVERS,
    serversAway: new Set(),
    jobs: JOBS_UNSEEN,
    log: NO_LOG,
    undecodable: new Set(),
  }
}

/** `pool` after `event`. `killedMonoMs`: when we killed the leader, if we did. */
export function heard(pool: Pool, event: PoolEvent, at: Instant, killedMonoMs?: number): Pool {
  switch (event.kind) {
    case "member":
      return memberSeen(pool, event.member, at)
    case "left":
      return memberGone(pool, event, at)
    case "claim":
      return claimSeen(pool, event.standing, at, killedMonoMs, event.writtenMs)
    case "caught-up":
      return { ...pool, isCaughtUp: true, log: inOrder(pool.log) }
    case "connection":
      return connectionChanged(pool, event, at)
    case "counters":
      return { ...pool, work: counted(pool.work, event.counters, at.monoMs) }
    case "servers":
      return serversSeen(pool, event.seen, at)
    case "jobs":
      return { ...pool, jobs: jobsAfter(pool.jobs, event.look, at) }
    case "undecodable":
      return undecodable(pool, event.key, event.reason, at)
  }
}

/**
 * `pool` after a second went by. Nothing is concluded from silence while the pool can't be reached, nor from that of the
 * time in which this process stood still.
 */
export function ticked(before: Pool, at: Instant): Pool {
  const passedMs = at.monoMs - before.tickedMonoMs
  const stoodStill = passedMs > STOOD_STILL_MS && undisturbed(before, passedMs, at)
  const pool = { ...before, ...stoodStill, tickedMonoMs: at.monoMs }
  if (!pool.connection.isUp) return pool
  const older = { ...pool, work: secondOver(pool.work) }
  const aged = members.aged(pool.members, pool.ttlMs, at)
  return [...aged.living.values()]
    .filter(({ member, isSilent }) => isSilent && !pool.members.living.get(member.id)?.isSilent)
    .reduce(
      (now, { member, seenMonoMs }) =>
        note(now, "silent", member, `silent for ${latency(at.monoMs - seenMonoMs)}`, at),
      { ...older, members: aged },
    )
}

function memberSeen(pool: Pool, member: Member, at: Instant): Pool {
  const before = pool.members.living.get(member.id)
  const now = { ...pool, members: members.seen(pool.members, member, at) }
  if (!before) return joined(now, member, at)
  if (before.isSilent) return note(now, "heard", member, "heard of again", at)
  const { state } = member
  const changed = before.member.state === state ? "" : workState(before.member.state, member)
  const texts = [changed, lingers(before.member, member)].filter((text) => text !== "")
  return texts.reduce((pool, text) => note(pool, "state", member, text, at, { state }), now)
}

/** Those that were there before us are told with the time at which they started, not with a place in line. */
function joined(pool: Pool, member: Member, at: Instant): Pool {
  const wallMs = Math.min(at.wallMs, member.start / 1000)
  const told = { kind: "joined", name: member.name, id: member.id } as const
  if (!pool.isCaughtUp)
    return { ...pool, log: noted(pool.log, { ...told, text: "joined", wallMs }, at) }
  const place = pool.members.line.indexOf(member.id) + 1
  const text = `joined, ${ordinal(place)} in line`
  return { ...pool, log: noted(pool.log, { ...told, text, figures: { place } }, at) }
}

function memberGone(
  pool: Pool,
  { id, how, why }: Extract<PoolEvent, { kind: "left" }>,
  at: Instant,
): Pool {
  const before = pool.members.living.get(id)
  if (!before) return pool
  const now = {
    ...pool,
    members: members.gone(withCounters(pool, before), id, how, at),
    reigns: reigns.leaderGone(pool.reigns, id, how, at),
    work: forgotten(pool.work, id),
  }
  const text = why === undefined ? WENT[how] : `${WENT[how]}: ${why}`
  return note(now, "left", before.member, text, at, { how })
}

/** The statistics forget a member that goes; its row still shows what it had done. */
function withCounters({ members: all, work }: Pool, one: members.MemberSeen): members.Members {
  const { member } = one
  const counters = { ...member.counters, ...work.counters.get(member.id) }
  const living = new Map(all.living).set(member.id, { ...one, member: { ...member, counters } })
  return { ...all, living }
}

function claimSeen(
  pool: Pool,
  standing: StandingClaim | undefined,
  at: Instant,
  killedMonoMs?: number,
  writtenMs?: number,
): Pool {
  const before = pool.reigns
  const after = reigns.claimed(before, standing, at, writtenMs)
  const now = { ...pool, reigns: after }
  const { current } = after
  if (current && current !== before.current) {
    const isNews = pool.isCaughtUp
    const told = leads(before, after, isNews ? killedMonoMs : undefined)
    const line: Note = { kind: "leads", name: current.name, id: current.id, ...told }
    const entry = isNews ? line : { ...line, wallMs: current.fromWallMs }
    return { ...now, log: noted(pool.log, entry, at) }
  }
  if (!before.current || current) return now
  const { name, id } = before.current
  const reason = standing?.claim.released?.reason
  return reason === undefined
    ? note(now, "claim-lost", { name, id }, "led, but its claim is gone from the bucket", at)
    : note(now, "released", { name, id }, `gave up leading: ${reason}`, at)
}

/** Connection lost or back. Leases could not be seen meanwhile, so the outage does not count. */
function connectionChanged(
  pool: Pool,
  { isUp, roundTripMs, reason }: ConnectionState,
  at: Instant,
): Pool {
  const { connection, log } = pool
  const fact = {
    isUp,
    ...(roundTripMs !== undefined && { roundTripMs }),
    ...(reason && { reason }),
  }
  if (connection.isUp === isUp) {
    return { ...pool, connection: { ...connection, ...fact } }
  }
  const now = { ...pool, connection: { ...fact, sinceMonoMs: at.monoMs } }
  const told = { name: "" }
  if (!isUp) {
    const text = reason === undefined ? "connection lost" : `connection lost: ${reason}`
    return { ...now, log: noted(log, { ...told, kind: "disconnected", text }, at) }
  }
  const outageMs = at.monoMs - connection.sinceMonoMs
  const text = `connection back after ${latency(outageMs)}`
  return {
    ...now,
    ...undisturbed(pool, outageMs, at),
    work: { ...pool.work, counters: new Map() },
    log: noted(log, { ...told, kind: "connected", text, figures: { afterMs: outageMs } }, at),
  }
}

function jobsAfter(
  jobs: JobsSeen,
  look: Extract<PoolEvent, { kind: "jobs" }>["look"],
  at: Instant,
): JobsSeen {
  return "problem" in look ? notSeen(jobs, look.problem) : lookedAt(jobs, look, at)
}

function serversSeen(pool: Pool, seen: ServersSeen, at: Instant): Pool {
  const notes = changesIn(pool.servers, seen, pool.serversAway)
  const log = notes.reduce((log, note) => noted(log, note, at), pool.log)
  return { ...pool, servers: seen, serversAway: awayAfter(pool.serversAway, seen), log }
}

/** Leases as if the `ms` until now, in which none could be seen renewed, had not passed. */
function undisturbed(pool: Pool, ms: number, at: Instant): Pick<Pool, "members" | "reigns"> {
  return {
    members: members.excused(pool.members, ms, at),
    reigns: reigns.overlooked(pool.reigns, ms, at),
  }
}

function undecodable(pool: Pool, key: string, reason: string, at: Instant): Pool {
  if (pool.undecodable.has(key)) return pool
  const log = noted(
    pool.log,
    { kind: "undecodable", name: "", text: `entry ${key} can't be read: ${reason}` },
    at,
  )
  return { ...pool, log, undecodable: new Set([...pool.undecodable, key].slice(-50)) }
}

function note(
  pool: Pool,
  kind: Note["kind"],
  { name, id }: Pick<Member, "name" | "id">,
  text: string,
  at: Instant,
  figures?: Note["figures"],
): Pool {
  return {
    ...pool,
    log: noted(pool.log, { kind, name, id, text, ...(figures && { figures }) }, at),
  }
}
