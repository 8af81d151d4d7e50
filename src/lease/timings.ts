/**
 * The timings of a pool: one lease, and everything else derived from it. Refuses timings that cannot work.
 */
import { BadInput } from "../errors/errors.js"

/** What a user may set; everything has a default. */
export interface TimingOptions {
  /** How long a claim holds without a renewal, in ms. Default 2000 on one replica, 12000 on three. */
  leaseMs?: number
  /** How often the leader renews, in ms, from 10 to a quarter of the lease. Default: a quarter of it, on replicas a twelfth. */
  renewMs?: number
  /** Copies of the bucket: 1, 3 or 5. Default 1. */
  replicas?: number
}

/** All the timings of a pool, in ms. */
export interface Timings {
  readonly replicas: number
  readonly leaseMs: number
  readonly renewMs: number
  /** How long a member's entry lives without a renewal. */
  readonly memberTtlMs: number
  /** How often a member renews its entry. */
  readonly beatMs: number
  /** How long one in the line of succession has, before the next one tries. */
  readonly stepMs: number
  /** How long a member waits for others before the first election of a pool. */
  readonly coldStartMs: number
}

/** An entry lives for so many leases without a renewal. */
export const LEASES_PER_ENTRY = 3
const SHORTEST_LEASE_MS = 200
const LONGEST_LEASE_MS = 3_600_000
/** A renewal is also how long the server has for an answer, in ms. */
const SHORTEST_RENEWAL_MS = 10
/** How many renewals must fit into a lease. */
const RENEWALS_PER_LEASE = 4
/**
 * How many there are on several servers. What is left of the lease when their leader is lost, a pause between two renewals
 * after the last one at worst, outlasts the election of another (4 to 9 s) and one try that met nobody.
 */
const RENEWALS_ON_REPLICAS = 12

/**
 * What a reign begins with but nobody waits for (the watch over the line, the history, the word to the supervisor) begins
 * this long after it, in ms: what was asked while nobody led is answered first.
 */
export const ANSWERS_FIRST_MS = 10

/**
 * How long a change of leader may hold up what its leaving holder writes about itself, in ms: what else the server has to
 * store would delay the claim of the heir.
 */
export const HEIR_FIRST_MS = 20

/** The timings that `options` ask for; throws BadInput for those that cannot work. */
export function timingsOf(options: TimingOptions = {}): Timings {
  const replicas = options.replicas ?? 1
  if (![1, 3, 5].includes(replicas)) throw new BadInput("replicas", "1, 3 or 5", replicas)
  const leaseMs = options.leaseMs ?? (replicas > 1 ? 12_000 : 2_000)
  if (!(leaseMs >= SHORTEST_LEASE_MS && leaseMs <= LONGEST_LEASE_MS)) {
    throw new BadInput("lease", `${SHORTEST_LEASE_MS} to ${LONGEST_LEASE_MS} ms`, leaseMs)
  }
  const renewMs = options.renewMs ?? defaultRenewMs(leaseMs, replicas)
  if (!(renewMs >= SHORTEST_RENEWAL_MS && renewMs * RENEWALS_PER_LEASE <= leaseMs)) {
    const most = leaseMs / RENEWALS_PER_LEASE
    const expected = `${SHORTEST_RENEWAL_MS} ms to a quarter of the lease (${most} ms)`
    throw new BadInput("renewal", expected, renewMs)
  }
  const memberTtlMs = leaseMs * LEASES_PER_ENTRY
  return {
    replicas,
    leaseMs,
    renewMs,
    memberTtlMs,
    beatMs: leaseMs,
    stepMs: stepMsOf(replicas),
    coldStartMs: 150,
  }
}

/** How often a leader renews where nothing else is said, in ms. */
export function defaultRenewMs(leaseMs: number, replicas: number): number {
  return leaseMs / (replicas > 1 ? RENEWALS_ON_REPLICAS : RENEWALS_PER_LEASE)
}

/** How long one in the line of succession has, before the next one tries, in ms: longer where several servers must agree. */
export function stepMsOf(replicas: number): number {
  return replicas > 1 ? 300 : 50
}
