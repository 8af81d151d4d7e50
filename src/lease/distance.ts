/**
 * What the way to the bucket asks of the timings of a pool. Near by it asks nothing; where a question takes tens of
 * milliseconds to be answered those in the line need longer for their turn, and a short lease can't be kept.
 */
import type { Timings } from "./timings.js"

/** The word to an heir, its claim, and its answer are three, as they are counted from both ends; and some room. */
const TRIPS_PER_STEP = 4
/** A question that takes longer than a third of its time is asked again; and who lists the members asks three. */
const TRIPS_PER_RENEWAL = 3
/** A step takes no more of a lease than would leave room for so many. */
const STEPS_PER_LEASE = 3
/** A lease that is advised is a multiple of this, in ms. */
const ROUND_MS = 500

/** A lease, and how often it is renewed. */
type Renewed = Pick<Timings, "leaseMs" | "renewMs">

/** `timings` where the bucket answers after `tripMs`: one in the line has as long as its claim takes to be heard of. */
export function timingsAt(tripMs: number, timings: Timings): Timings {
  const stepMs = Math.min(tripMs * TRIPS_PER_STEP, timings.leaseMs / STEPS_PER_LEASE)
  return { ...timings, stepMs: Math.max(timings.stepMs, stepMs) }
}

/** Whether a claim can't be renewed in good time where the bucket answers after `tripMs`. */
export function isTooFar(tripMs: number, { renewMs }: Pick<Timings, "renewMs">): boolean {
  return tripMs * TRIPS_PER_RENEWAL > renewMs
}

/** The shortest lease for that distance, renewed as often as that of `timings`; rounded up to half a second. */
export function leaseForTrip(tripMs: number, { leaseMs, renewMs }: Renewed): number {
  const least = tripMs * TRIPS_PER_RENEWAL * (leaseMs / renewMs)
  return Math.ceil(least / ROUND_MS) * ROUND_MS
}

/** Why `timings` don't do where the bucket answers after `tripMs`, and what to do; undefined if they do. */
export function tooFar(tripMs: number, timings: Renewed): string | undefined {
  if (!isTooFar(tripMs, timings)) return undefined
  const { renewMs } = timings
  const lease = `${leaseForTrip(tripMs, timings) / 1000}s`
  return `the bucket answers after ${Math.round(tripMs)} ms, and a renewal has ${renewMs} ms for three such answers: a reign may be lost, or none begin; start all workers with --lease ${lease} (leaseMs) or longer`
}
