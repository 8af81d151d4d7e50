/** What both stores of jobs keep to. */

/** A second message with the same id is not stored within this time, in ms. */
export const DUPLICATES_MS = 120_000
/** How long a job is its worker's without a renewal, in ms: on one replica, and on more. */
export const LEASE_MS = 6_000
export const LEASE_OF_REPLICAS_MS = 15_000
/** How many dead jobs are kept, and for how long. */
export const MOST_DEAD = 100_000
export const OLDEST_DEAD_MS = 30 * 24 * 3_600_000
