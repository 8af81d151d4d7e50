/**
 * What a worker says of itself to load balancers and to whoever restarts it: whether it is healthy, ready, and the
 * leader. Each answer has its reason, in one line.
 *
 * Healthy is wide: a worker is unhealthy only when it believes that it holds the claim and can't renew it, or when its
 * event loop stood still. One that is cut off from its server is healthy, for to be started anew would not help it;
 * it is just not ready.
 */
import { HOLDER_SHARE } from "../lease/lease.js"
import { reignOf, type StandingClaim } from "../protocol/claim.js"
import type { MemberState } from "../protocol/member.js"
import type { LeaderNews } from "./leader-watch.js"

/** A worker at one instant. */
export interface Health {
  readonly state: MemberState
  readonly isConnected: boolean
  /** Why it gets no jobs, if it should have some and the server does not hand them out. */
  readonly noJobs?: string | undefined
  readonly leaseMs: number
  /** Its reign, if it leads; and for how long nobody else can, without a further renewal. */
  readonly reign?: { readonly term: number; readonly remainingMs: number } | undefined
  /** For how long its event loop stood still, if that was longer than the lease, a moment ago. */
  readonly stalledMs?: number | undefined
}

export interface Verdict {
  readonly isGood: boolean
  readonly why: string
}

/** The share of the lease without a renewal after which a leader counts as one that can't renew: two tries failed. */
const OVERDUE = 0.5

export function healthOf({ leaseMs, reign, stalledMs }: Health): Verdict {
  if (stalledMs !== undefined) {
    const stood = `its event loop stood still for ${seconds(stalledMs)}`
    return { isGood: false, why: `${stood}, longer than the lease of ${seconds(leaseMs)}` }
  }
  if (!reign) return { isGood: true, why: "does not lead" }
  const { term, remainingMs } = reign
  const sinceMs = leaseMs * HOLDER_SHARE - remainingMs
  const left = `its lease is over in ${seconds(remainingMs)}`
  if (sinceMs <= leaseMs * OVERDUE) return { isGood: true, why: `leads in term ${term}, ${left}` }
  const overdue = `could not renew it for ${seconds(sinceMs)}`
  return { isGood: false, why: `holds the claim of term ${term} and ${overdue}; ${left}` }
}

export function readinessOf({ state, isConnected, noJobs }: Health): Verdict {
  if (state !== "ready") return { isGood: false, why: state }
  if (!isConnected) return { isGood: false, why: "disconnected from the server" }
  if (noJobs !== undefined) return { isGood: false, why: noJobs }
  return { isGood: true, why: "ready" }
}

/** Who leads, as a worker knows it; plain data. */
export interface LeaderReport {
  readonly name?: string
  readonly id?: string
  readonly term?: number
  /** ISO time at which the reign began, on the server's clock. */
  readonly since?: string
  /** On the leader itself: for how long nobody else can lead without a further renewal. */
  readonly remainingMs?: number
  /** Where nobody is known to lead: for how long, and why the last reign ended. */
  readonly nobodySinceMs?: number
  readonly reason?: string
}

/** `remainingMs` is for the leader itself. */
export function leaderReport(
  news: LeaderNews | undefined,
  standing: StandingClaim | undefined,
  remainingMs: number | undefined,
): LeaderReport {
  if (!news?.leader) {
    const { nobodySinceMs, reason } = news ?? {}
    return {
      ...(nobodySinceMs !== undefined && { nobodySinceMs: Math.round(nobodySinceMs) }),
      ...(reason && { reason }),
    }
  }
  const { name, id, term } = news.leader
  const since = standing && reignOf(standing).term === term ? standing.claim.since : undefined
  return {
    ...{ name, id, term },
    ...(since && { since }),
    ...(remainingMs !== undefined && { remainingMs: Math.round(remainingMs) }),
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)}s`
}
