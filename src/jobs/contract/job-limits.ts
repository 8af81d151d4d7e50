/** How much and how long: what both stores of jobs keep to, and what may be said of a job. */

/** A second message with the same id is not stored within this time, in ms. */
export const DUPLICATES_MS = 120_000
/** How long a job is its worker's without a renewal, in ms: on one replica, and on more. */
export const LEASE_MS = 6_000
export const LEASE_OF_REPLICAS_MS = 15_000
/** How many dead jobs are kept, and for how long. */
export const MOST_DEAD = 100_000
export const OLDEST_DEAD_MS = 30 * 24 * 3_600_000
/** The longest pause between two tries, in ms. */
export const LONGEST_BACKOFF_MS = 3_600_000
/** A delay, and for how long a result is kept, at most: a year, in ms. */
export const LONGEST_MS = 366 * 24 * 3_600_000
/** The last time that a Date can hold, in ms since 1970. */
export const LAST_MS = 8.64e15

/** Whether `value`, which others may have written, is a time in ms that a Date can hold. */
export function isTime(value: unknown): value is number {
  return typeof value === "number" && value >= 0 && value <= LAST_MS
}
