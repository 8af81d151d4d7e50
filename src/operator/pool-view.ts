/** A pool as somebody sees it who only looks: its members and its claim, read once. */
import type { NatsConnection } from "nats"
import { findKvBucket } from "../jetstream/kv-bucket.js"
import { lapsesAt } from "../lease/lease.js"
import { hearClaims } from "../protocol/announcements.js"
import type { StandingClaim } from "../protocol/claim.js"
import { silenceMsOf } from "../protocol/crowd.js"
import { foundIn, membersIn } from "../protocol/entries.js"
import type { Member } from "../protocol/member.js"
import { CLAIM_KEY, CLOCK_KEY, namesOf, type PoolNames } from "../protocol/names.js"

export interface PoolView {
  /** In order of seniority. */
  readonly members: readonly Member[]
  /** The claim, if there is one, even if it does not hold any more. */
  readonly standing: StandingClaim | undefined
  /** Whether its lease holds. */
  readonly isHeld: boolean
  /** Keys of entries that can't be read. */
  readonly unreadable: readonly string[]
  /** The server's clock at the last write seen, in ms since 1970. */
  readonly serverMs: number
}

/**
 * Looks at the pool `pool`. A claim whose last renewal seems old may be that of a dead leader, or this machine's
 * clock may be wrong; so it is then listened for a renewal, for at most the rest of a lease.
 */
export async function viewOf(connection: NatsConnection, pool: string): Promise<PoolView> {
  const names = namesOf(pool)
  const heard = listen(connection, names)
  try {
    const bucket = await findKvBucket(connection, names.bucket)
    const entries = (await bucket?.entries()) ?? []
    const members = membersIn(entries)
    const readable = new Set([CLAIM_KEY, CLOCK_KEY, ...members.map(({ key }) => key)])
    const unreadable = entries.map(({ key }) => key).filter((key) => !readable.has(key))
    const serverMs = Math.max(0, ...entries.map(({ writtenMs }) => writtenMs))
    const entry = entries.find(({ key }) => key === CLAIM_KEY)
    const found = foundIn(entry)
    const standing = found.kind === "claim" ? found.standing : undefined
    if (!standing || standing.claim.released) {
      return { members, standing, isHeld: false, unreadable, serverMs }
    }
    const { lease } = standing.claim
    const ageMs = Math.abs(Date.now() - (entry?.writtenMs ?? 0))
    const isHeld =
      ageMs < lease || (await heard.within(lapsesAt(silenceMsOf(standing.claim, lease), lease)))
    const last = heard.last()
    // What was heard may be older than what was read after it.
    const newest = last && last.revision > standing.revision ? last : standing
    return { members, standing: newest, isHeld, unreadable, serverMs }
  } finally {
    heard.stop()
  }
}

function listen(connection: NatsConnection, names: PoolNames) {
  let last: StandingClaim | undefined
  let settle: (isHeard: boolean) => void = () => {}
  const subscription = hearClaims(connection, names, (standing) => {
    last = standing
    settle(!standing.claim.released)
  })
  return {
    last: () => last,
    within: (ms: number) =>
      new Promise<boolean>((resolve) => {
        const timer = setTimeout(() => resolve(false), ms)
        settle = (isHeard) => {
          clearTimeout(timer)
          resolve(isHeard)
        }
        if (last) settle(!last.claim.released)
      }),
    stop: () => subscription.unsubscribe(),
  }
}
