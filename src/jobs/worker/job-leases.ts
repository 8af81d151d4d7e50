/**
 * Keeps the leases of the jobs that run: renews each when a third of it has passed, by a request each third, and says which
 * are over and which have taken too long. Looks as long as any runs, thirty times in a lease.
 */
import { unawaited } from "../../contracts/unawaited.js"
import type { Cancel, Clock } from "../../time/clock.js"
import type { JobStore } from "../contract/job-store.js"
import type { TakenJob } from "./taken-job.js"

/** How often leases are looked at, as a share of the lease. */
const LOOKS = 1 / 30
/** After which share of its lease a job is renewed. */
const RENEWAL = 1 / 3

export interface JobLeasesOptions {
  readonly running: ReadonlySet<TakenJob>
  readonly store: JobStore
  readonly clock: Clock
  readonly leaseMs: number
  /** How long an attempt may take, in ms. */
  readonly timeoutMs: number | undefined
  readonly renewed: (job: TakenJob) => void
  readonly isOver: (job: TakenJob) => void
  readonly isLate: (job: TakenJob) => void
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
      else if (monoMs - job.renewedMs >= leaseMs * RENEWAL) this.#renew(job)
      if (timeoutMs !== undefined && monoMs - job.beganMs >= timeoutMs && !job.isOver) isLate(job)
    }
    if (running.size > 0) this.watch()
  }

  #renew(job: TakenJob): void {
    if (job.isRenewing) return
    const { store, clock, renewed, broke } = this.#options
    const sent = clock.now()
    job.isRenewing = true
    const answered = () => {
      job.renewed(sent)
      if (!job.isOver) renewed(job)
    }
    // One without an answer is sent again at the next look, for as long as the lease holds.
    const asked = store.renew(job.delivery.ticket).then(answered, () => {})
    unawaited(
      asked.finally(() => {
        job.isRenewing = false
      }),
      broke,
    )
  }
}
