/**
 * Keeps the leases of the jobs that run: renews each when a third of it has passed, by a request each third, and says which
 * are over and which have taken too long. Looks as long as any runs, thirty times in a lease, and not only when something is
 * due by the monotonic clock: on a machine that slept it is the wall clock that says that a lease is over. A renewal without
 * an answer is sent again soon: that one was lost is no reason to run a job twice.
 *
 * What does not run yet keeps the lease that it came with: whoever looks what became of it comes to an end when that is over,
 * whatever the server answers to renewals.
 */
import { unawaited } from "../../contracts/unawaited.js"
import { HandlerTimeout } from "../../errors/work-errors.js"
import type { Cancel, Clock } from "../../time/clock.js"
import { within } from "../../time/within.js"
import type { JobStore } from "../contract/job-store.js"
import type { TakenJob } from "./taken-job.js"

/** How often leases are looked at, as a share of the lease. */
const LOOKS = 1 / 30
/** After which share of its lease a job is renewed. */
const RENEWAL = 1 / 3
/** After which share of it a renewal without an answer is sent again. */
const PATIENCE = 1 / 10

export interface JobLeasesOptions {
  readonly running: ReadonlySet<TakenJob>
  readonly store: JobStore
  readonly clock: Clock
  readonly leaseMs: number
  /** How long an attempt may take, in ms. */
  readonly timeoutMs: number | undefined
  readonly renewed: (job: TakenJob) => void
  readonly isOver: (job: TakenJob) => void
  /** Its signal has fired. */
  readonly isLate: (job: TakenJob, late: HandlerTimeout) => void
  readonly broke: (thrown: unknown) => void
}

export class JobLeases {
  readonly #options: JobLeasesOptions
  #cancel: Cancel | undefined

  constructor(options: JobLeasesOptions) {
    this.#options = options
  }

  /** Something runs. */
  watch(): void {
    const { clock, leaseMs } = this.#options
    this.#cancel ??= clock.after(leaseMs * LOOKS, () => this.#look())
  }

  stop(): void {
    this.#cancel?.()
  }

  #look(): void {
    const { running, clock, leaseMs, timeoutMs, isOver, isLate } = this.#options
    const { monoMs } = clock.now()
    this.#cancel = undefined
    for (const job of running) {
      if (job.look()) isOver(job)
      else if (job.hasBegun && monoMs - job.renewedMs >= leaseMs * RENEWAL) this.#renew(job)
      if (timeoutMs === undefined || monoMs - job.beganMs < timeoutMs) continue
      if (!job.hasBegun || job.isOver) continue
      const late = new HandlerTimeout(timeoutMs)
      job.abort(late)
      isLate(job, late)
    }
    if (running.size > 0) this.watch()
  }

  #renew(job: TakenJob): void {
    if (job.isRenewing) return
    const { store, clock, leaseMs, renewed, broke } = this.#options
    const sent = clock.now()
    job.isRenewing = true
    const answered = () => {
      job.renewed(sent)
      if (!job.isOver) renewed(job)
    }
    const again = () => {
      job.isRenewing = false
    }
    // One whose answer comes later counts as well.
    const asked = store.renew(job.delivery.ticket).then(answered)
    unawaited(within(clock, leaseMs * PATIENCE, asked).then(again, again), broke)
  }
}
