/**
 * The arithmetic of a lease. The holder counts from the moment it *sent* its last acknowledged write and
 * stops a tenth early; everybody else counts from the moment they *saw* it and waits a twentieth longer.
 * Between the two lies room for clocks whose rates differ by 5%.
 */
import type { Instant } from "../time/clock.js"

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

/**
 * What a holder has of one claim, as long as it may count on it: moved on by each acknowledged renewal, and handed to
 * all who ask whether they may go on. `ending` it takes nothing new; `over` nothing may be answered any more.
 */
export class Lease {
  readonly #leaseMs: number
  #sentMonoMs: number
  #end: Instant
  /** Set by its holder alone. */
  phase: "leading" | "ending" | "over" = "leading"

  constructor(sent: Instant, leaseMs: number) {
    this.#leaseMs = leaseMs
    this.#sentMonoMs = sent.monoMs
    this.#end = leaseEnd(sent, leaseMs)
  }

  /** The monotonic time at which the last acknowledged write was sent. */
  get sentMonoMs(): number {
    return this.#sentMonoMs
  }

  get endMonoMs(): number {
    return this.#end.monoMs
  }

  leads(now: Instant): boolean {
    return this.phase === "leading" && holds(this.#end, now)
  }

  /** Milliseconds for which nobody else can lead; also while it is ending. */
  remainingMs(now: Instant): number {
    return this.phase === "over" ? 0 : remainingMs(this.#end, now)
  }

  /** Whether its time ran out before it was given up. */
  hasLapsed(now: Instant): boolean {
    return this.phase !== "over" && !holds(this.#end, now)
  }

  /** The renewal sent at `sent` was acknowledged. */
  renewed(sent: Instant): void {
    this.#sentMonoMs = sent.monoMs
    this.#end = leaseEnd(sent, this.#leaseMs)
  }
}

/** The monotonic time at which others may take a claim that they last saw renewed at `seenMonoMs`. */
export function lapsesAt(seenMonoMs: number, leaseMs: number): number {
  return seenMonoMs + leaseMs * OTHERS_SHARE
}
