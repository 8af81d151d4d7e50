/**
 * Why jobs were handed out before: how often their workers died or froze, and how often nobody was to blame. Asked for where
 * one was handed out before, and known as long as it is here.
 */
import { unawaited } from "../../contracts/unawaited.js"
import { crashesOf } from "../contract/fate.js"
import type { JobNames } from "../contract/job-names.js"
import type { Delivery, JobStore } from "../contract/job-store.js"
import { Excuses } from "./excuses.js"
import type { TakenJob } from "./taken-job.js"

export class EarlierDeliveries {
  readonly #excuses: Excuses
  /** Of those that are run. */
  readonly #known = new WeakMap<TakenJob, { readonly crashes: number; readonly excused: number }>()

  constructor(store: JobStore, names: JobNames) {
    this.#excuses = new Excuses(store, names)
  }

  /** How often the workers of `job` died or froze, before it is run. */
  async read(job: TakenJob): Promise<number> {
    const excused = await this.#excuses.of(job.delivery)
    const crashes = crashesOf(job.record, job.delivery.deliveries, excused)
    this.#known.set(job, { crashes, excused })
    return crashes
  }

  /** The same once that was read; else those that it came with. */
  crashesOf(job: TakenJob): number {
    return this.#known.get(job)?.crashes ?? job.record.crashes
  }

  /** How many of its deliveries nobody was to blame for. */
  async excusedOf(job: TakenJob): Promise<number> {
    return this.#known.get(job)?.excused ?? this.#excuses.of(job.delivery)
  }

  /** Nobody could run `delivery`. */
  excuse(delivery: Delivery): void {
    unawaited(this.#excuses.add(delivery), () => {})
  }

  /** `job` has ended, and nobody will ask for these any more; but if it is not held it is handed out again, and counted. */
  forget(job: TakenJob): void {
    if (this.#known.has(job) && job.isHeld())
      unawaited(this.#excuses.forget(job.delivery.seq), () => {})
  }
}
