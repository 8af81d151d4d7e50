/**
 * The arithmetic of a lease. The holder counts from the moment it *sent* its last acknowledged write and
 * stops a tenth early; everybody else counts from the moment they *saw* it and waits a twentieth longer.
 * Between the two lies room for clocks whose rates differ by 5%.
 */
import type { Instant } from "./clock.js"

/** The share of a lease for which its holder counts on it. */
export const HOLDER_SHARE = 0.9
/** The share of a lease that others let pass without seeing a renewal before they claim. */
export const OTHERS_SHARE = 1.05

/** The instant at which the holder of a claim sent at `sent` stops counting on it. */
export function leaseEnd(sent: Instant, leaseMs: number): Instant {
  const shareMs = leaseMs * HOLDER_SHARE
  return { monoMs: sent.monoMs + shareMs, wallMs: sent.wallMs + shareMs }
}

/** Milliseconds left until `end`, by whichever clock says less; never below 0. */
export function remainingMs(end: Instant, now: Instant): number {
  return Math.max(0, Math.min(end.monoMs - now.monoMs, end.wallMs - now.wallMs))
}

/** Whether the lease that ends at `end` still holds. Both clocks must agree that it does. */
export function holds(end: Instant, now: Instant): boolean {
  return now.monoMs < end.monoMs && now.wallMs < end.wallMs
}

/** The monotonic time at which others may take a claim that they last saw renewed at `seenMonoMs`. */
export function lapsesAt(seenMonoMs: number, leaseMs: number): number {
  return seenMonoMs + leaseMs * OTHERS_SHARE
}
