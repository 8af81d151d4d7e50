/** The rows of the member table: the living in order of seniority, then those that ended. */
import type { Member, MemberState } from "../../protocol/member.js"
import type { Instant } from "../../time/clock.js"
import { leaseLeftMs, type MemberEnded, type MemberSeen } from "./members.js"
import type { Pool } from "./pool.js"
import { reigning } from "./reigns.js"
import type { Ending } from "./source.js"

export type RowRole = "leader" | "next" | ""
/** What a member is doing, or what we make of its silence. */
export type RowState = MemberState | "lingers" | "silent" | "frozen" | "gone"

export interface Row {
  readonly id: string
  readonly name: string
  /** Place in the order of seniority, from 1; absent once it ended. */
  readonly place?: number
  readonly role: RowRole
  readonly state: RowState
  readonly startedWallMs: number
  readonly uptimeMs: number
  readonly host: string
  readonly pid: number
  /** Name of the server that it is connected to, where servers have names. */
  readonly server?: string
  readonly done: number
  readonly busy: number
  readonly p50Ms?: number
  /** Time until its entry is dropped, and which share of the whole that is. */
  readonly leaseMs: number
  readonly leaseShare: number
  /** Whether it takes orders. */
  readonly control: boolean
  readonly ended?: { readonly how: Ending; readonly agoMs: number }
}

/** All rows of `pool` at `at`. */
export function rowsOf(pool: Pool, at: Instant): readonly Row[] {
  const leader = reigning(pool.reigns, at.monoMs)?.id
  const next = nextInLine(pool)
  const living = pool.members.line.flatMap((id, index) => {
    const one = pool.members.living.get(id)
    if (!one) return []
    const role: RowRole = id === leader ? "leader" : id === next ? "next" : ""
    return [livingRow(pool, one, index + 1, role, at)]
  })
  return [...living, ...pool.members.ended.map((one) => endedRow(pool, one, at))]
}

/** Id of the first heir that is still there. */
export function nextInLine({ reigns, members }: Pool): string | undefined {
  const claim = reigns.standing?.claim
  return claim?.heirs.find(({ id }) => id !== claim.id && members.living.has(id))?.id
}

/** Whether something can be done to it: it lives, or was frozen by us, which outlasts its entry. */
export function canBeSelected({ ended, state }: Row): boolean {
  return !ended || state === "frozen"
}

/** Whether a row shows while `filter` stands: it is looked for in name, state, role, host and server. */
export function matches({ name, state, role, host, server = "" }: Row, filter: string): boolean {
  const wanted = filter.toLowerCase()
  return [name, state, role, host, server].some((text) => text.toLowerCase().includes(wanted))
}

function livingRow(pool: Pool, one: MemberSeen, place: number, role: RowRole, at: Instant): Row {
  const leaseMs = leaseLeftMs(one, pool.ttlMs, at)
  return {
    ...told(pool, one.member, at),
    place,
    role,
    state: stateOf(one),
    leaseMs,
    leaseShare: leaseMs / pool.ttlMs,
  }
}

function endedRow(pool: Pool, one: MemberEnded, at: Instant): Row {
  const { member, how, endedMonoMs, isFrozen } = one
  return {
    ...told(pool, member, at),
    busy: 0,
    role: "",
    state: isFrozen ? "frozen" : "gone",
    leaseMs: 0,
    leaseShare: 0,
    ended: { how, agoMs: at.monoMs - endedMonoMs },
  }
}

function told({ work }: Pool, member: Member, at: Instant) {
  const { id, name, host, pid, server, control, counters } = member
  const { done, busy, p50Ns } = { ...counters, ...work.counters.get(id) }
  const startedWallMs = member.start / 1000
  return {
    id,
    name,
    host,
    pid,
    ...(server !== undefined && { server }),
    control,
    startedWallMs,
    uptimeMs: Math.max(0, at.wallMs - startedWallMs),
    done: Math.max(done, counters.done),
    busy,
    ...(p50Ns !== undefined && { p50Ms: p50Ns / 1e6 }),
  }
}

/** What is known of our own doing comes first, then what its silence says, then its own word. */
function stateOf({ member, frozenMonoMs, isSilent }: MemberSeen): RowState {
  if (frozenMonoMs !== undefined) return "frozen"
  if (isSilent) return "silent"
  return member.lingering && member.state === "ready" ? "lingers" : member.state
}
