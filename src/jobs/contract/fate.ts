/**
 * What becomes of a job that was handed out again, or failed. `attempts` counts failures alone. That a worker died or
 * froze, or that the acknowledgement was lost, shows only in how often the same message was handed out, less what a worker
 * excused that was stopped; three of those bury a job, whatever `attempts` says.
 */
import { LONGEST_BACKOFF_MS } from "./job-limits.js"
import { type JobRecord, MOST_CRASHES } from "./job-record.js"

/** How far a pause is off what it is by doubling, at most. */
const JITTER = 0.2

export type Fate =
  | { readonly type: "again"; readonly afterMs: number }
  | { readonly type: "dead"; readonly reason: string }

/**
 * How often the worker of a job died or froze, when it is handed out for the time `deliveries` as it was stored. One that is
 * delayed and lies with those that are ready was handed out once too early, which counts for nothing.
 */
export function crashesOf(record: JobRecord, deliveries: number, excused: number): number {
  const early = record.notBeforeMs === undefined ? 0 : 1
  return record.crashes + Math.max(0, deliveries - 1 - excused - early)
}

/** Why a job is buried rather than handed out once more; undefined if it is not. */
export function crashedTooOften(crashes: number): string | undefined {
  if (crashes < MOST_CRASHES) return undefined
  return `its worker died or froze ${crashes} times while it ran, or could not store that it had failed`
}

/** What becomes of a job that has failed once more, for `reason`; `failures` are all so far. `random` is from 0 to 1. */
export function fateOf(
  record: JobRecord,
  failures: number,
  failure: {
    readonly reason: string
    readonly isForGood: boolean
    readonly afterMs?: number | undefined
  },
  random: number,
): Fate {
  const { reason, isForGood, afterMs } = failure
  if (isForGood || failures >= record.attempts) return { type: "dead", reason }
  return { type: "again", afterMs: afterMs ?? backoffOf(record.backoffMs, failures, random) }
}

/** The pause after so many failures, in ms: doubled each time, and a fifth more or less. */
export function backoffOf(firstMs: number, failures: number, random: number): number {
  const ms = Math.min(LONGEST_BACKOFF_MS, firstMs * 2 ** Math.min(60, Math.max(0, failures - 1)))
  return Math.round(ms * (1 - JITTER + 2 * JITTER * random))
}
