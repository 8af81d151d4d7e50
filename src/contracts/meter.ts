/**
 * What a member tells of itself while it works, to whoever measures it. Nothing is measured where there is no meter:
 * then a request costs one question more, and no clock is read.
 */

/** `simple`: what any member may answer; `tracked`: what only the leader may. */
export type WorkKind = "simple" | "tracked"

/** `acknowledged`: it was written; `refused`: somebody wrote the claim since; `unknown`: no answer in time. */
export type RenewalOutcome = "acknowledged" | "refused" | "unknown"

/** Measures the requests of one kind. */
export interface RequestMeter {
  /** A handler was called. */
  began(): void
  /** The requester was answered after `ms`, with an error if there is a `status`. */
  ended(ms: number, status?: number): void
  /** The requester was turned away with this status, and no handler called. */
  refused(status: number): void
}

export interface Meter {
  readonly requests: Readonly<Record<WorkKind, RequestMeter>>
  /** A renewal of the claim was answered, or given up, after `ms`. */
  renewed(outcome: RenewalOutcome, ms: number): void
}

/** What an attempt at a job came to; `retried`: it failed, and is tried again. */
export type JobOutcome = "done" | "retried" | "dead" | "cancelled"

/** Measures the jobs of a worker, and the ticks that it fires while it leads. */
export interface JobMeter {
  ended(queue: string, outcome: JobOutcome): void
  /** A job came after a worker that had it had died or frozen. */
  crashed(queue: string): void
  /** A tick was fired, and so many before it were not, by the policy of their definition. */
  ticked(cron: string, skipped: number): void
}
