/** Members, claims and instants for the tests of what the dashboard knows. */
import { heard, type Pool, ticked, unknownPool } from "../../../src/dashboard/world/pool.js"
import type { PoolEvent } from "../../../src/dashboard/world/source.js"
import type { Claim, StandingClaim } from "../../../src/protocol/claim.js"
import { type Member, memberKey } from "../../../src/protocol/member.js"
import type { Instant } from "../../../src/time/clock.js"

/** Noon, on the wall clock; the monotonic one reads 0 then. */
export const NOON = Date.UTC(2026, 0, 5, 12, 0, 0)

export function at(seconds: number): Instant {
  return { monoMs: seconds * 1000, wallMs: NOON + seconds * 1000 }
}

export function member(name: string, change: Partial<Member> = {}): Member {
  const start = change.start ?? (NOON - 60_000) * 1000
  return {
    key: memberKey(start, name),
    id: `id-${name}`,
    name,
    host: "atlas",
    pid: 1,
    start,
    eligible: true,
    weight: 1,
    labels: {},
    state: "ready",
    counters: { done: 0, failed: 0, busy: 0 },
    control: true,
    version: 1,
    ...change,
  }
}

export function standing(name: string, term: number, change: Partial<Claim> = {}): StandingClaim {
  const claim: Claim = {
    key: memberKey(0, name),
    id: `id-${name}`,
    name,
    nonce: "n",
    term,
    lease: 2000,
    since: new Date(NOON - 10_000).toISOString(),
    heirs: [],
    strategy: "oldest",
    reason: `${name} leads: oldest of 1`,
    ...change,
  }
  return { claim, revision: term + 100 }
}

/** A pool that heard `events`, each at its second. */
export function told(...events: readonly (readonly [number, PoolEvent])[]): Pool {
  return events.reduce(
    (pool, [second, event]) => heard(pool, event, at(second)),
    unknownPool(6000, at(0)),
  )
}

/** `pool` after a tick at each second up to `until`. */
export function aged(pool: Pool, from: number, until: number): Pool {
  let now = pool
  for (let second = from + 1; second <= until; second++) now = ticked(now, at(second))
  return now
}

/** The log as lines, without times. */
export function lines({ log }: Pool): string[] {
  return log.entries.map(({ name, text }) => `${name} ${text}`.trim())
}

export const CAUGHT_UP: PoolEvent = { kind: "caught-up" }

export function seen(name: string, change: Partial<Member> = {}): PoolEvent {
  return { kind: "member", member: member(name, change) }
}

export function claimed(name: string, term: number, change: Partial<Claim> = {}): PoolEvent {
  return { kind: "claim", standing: standing(name, term, change) }
}
