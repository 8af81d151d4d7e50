/**
 * The members as this dashboard has seen them: those that live, in order of seniority, and those that
 * ended in the last half minute. When one was last heard of counts by our clock, from when we heard it.
 */
import { bySeniority, type Member } from "../../protocol/member.js"
import type { Instant } from "../../time/clock.js"
import type { Ending } from "./source.js"

/** How long a member that ended stays on the screen. */
export const ENDED_SHOWN_MS = 30_000

export interface MemberSeen {
  readonly member: Member
  /** When its entry was last seen. */
  readonly seenMonoMs: number
  /** Its renewal is late. */
  readonly isSilent: boolean
  /** When we froze it ourselves, if it was not heard of since. */
  readonly frozenMonoMs?: number
}

export interface MemberEnded {
  readonly member: Member
  readonly how: Ending
  readonly endedMonoMs: number
  /** We froze it, and its entry ran out: it can still be thawed. */
  readonly isFrozen?: true
}

export interface Members {
  readonly living: ReadonlyMap<string, MemberSeen>
  /** Ids of the living, the longest running first. */
  readonly line: readonly string[]
  /** The last to go comes first. */
  readonly ended: readonly MemberEnded[]
}

export const NO_MEMBERS: Members = { living: new Map(), line: [], ended: [] }

/** A renewal that was on its way when its sender was frozen says nothing about being thawed. */
const ON_ITS_WAY_MS = 250

/** `members` after the entry of `member` was seen. */
export function seen(members: Members, member: Member, at: Instant): Members {
  const before = members.living.get(member.id)
  const frozenMonoMs = before?.frozenMonoMs
  const isStill = frozenMonoMs !== undefined && at.monoMs - frozenMonoMs < ON_ITS_WAY_MS
  const now = { member, seenMonoMs: at.monoMs, isSilent: false, ...(isStill && { frozenMonoMs }) }
  const living = new Map(members.living).set(member.id, now)
  if (before?.member.key === member.key) return { ...members, living }
  const ended = members.ended.filter((one) => one.member.id !== member.id)
  return { living, line: lineOf(living), ended }
}

/** `members` after `id` went. */
export function gone(members: Members, id: string, how: Ending, at: Instant): Members {
  const before = members.living.get(id)
  if (!before) return members
  const living = new Map(members.living)
  living.delete(id)
  const isFrozen = before.frozenMonoMs !== undefined && how === "expired"
  const { member } = before
  const now = { member, how, endedMonoMs: at.monoMs, ...(isFrozen && { isFrozen }) }
  const ended = [now, ...members.ended]
  return { living, line: members.line.filter((one) => one !== id), ended }
}

/** `members` after `id` was frozen or thawed by us. */
export function frozen(members: Members, id: string, isFrozen: boolean, at: Instant): Members {
  const before = members.living.get(id)
  if (!before) return isFrozen ? members : thawed(members, id)
  const { frozenMonoMs: _, ...rest } = before
  const now = isFrozen ? { ...rest, frozenMonoMs: at.monoMs } : rest
  return { ...members, living: new Map(members.living).set(id, now) }
}

/** `members` after `id`, whose entry ran out while it was frozen, was thawed or killed. */
export function thawed(members: Members, id: string): Members {
  const ended = members.ended.map((one) => {
    const { isFrozen: _, ...rest } = one
    return one.member.id === id ? rest : one
  })
  return { ...members, ended }
}

/** `members` as time passes: who is late turns silent, who ended long ago is forgotten. */
export function aged(members: Members, ttlMs: number, at: Instant): Members {
  const ended = members.ended.filter(
    ({ endedMonoMs, isFrozen }) => isFrozen || at.monoMs - endedMonoMs < ENDED_SHOWN_MS,
  )
  const late = [...members.living.values()].filter(
    (one) => !one.isSilent && lateness(one, ttlMs, at) >= 0,
  )
  if (late.length === 0 && ended.length === members.ended.length) return members
  const living = new Map(members.living)
  for (const one of late) living.set(one.member.id, { ...one, isSilent: true })
  return { ...members, living, ended }
}

/** `members` as if the `ms` until now had not passed: nobody is blamed for our own deafness. */
export function excused(members: Members, ms: number, { monoMs }: Instant): Members {
  const living = new Map(members.living)
  for (const [id, one] of living) {
    living.set(id, { ...one, seenMonoMs: Math.min(monoMs, one.seenMonoMs + ms) })
  }
  return { ...members, living }
}

/** Milliseconds until an entry not renewed is dropped: between 0 and its whole life. */
export function leaseLeftMs(one: MemberSeen, ttlMs: number, at: Instant): number {
  return Math.min(ttlMs, Math.max(0, one.seenMonoMs + ttlMs - at.monoMs))
}

/** How long a renewal is overdue: three fit into the life of an entry, and half of one is allowed for. */
function lateness(one: MemberSeen, ttlMs: number, at: Instant): number {
  return at.monoMs - one.seenMonoMs - ttlMs / 2
}

function lineOf(living: ReadonlyMap<string, MemberSeen>): readonly string[] {
  return [...living.values()]
    .map(({ member }) => member)
    .sort(bySeniority)
    .map(({ id }) => id)
}
