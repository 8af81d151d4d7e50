/** Tells how far jobs are: each at most five times a second, and what was said last is told in the end. Nobody keeps it. */
import type { Bus } from "../../contracts/bus.js"
import { losslessJson } from "../../encoding/lossless-json.js"
import type { Cancel, Clock } from "../../time/clock.js"
import type { JobNames } from "../contract/job-names.js"
import type { TakenJob } from "./taken-job.js"

const PAUSE_MS = 200

export class ProgressTeller {
  readonly #bus: Bus
  readonly #names: JobNames
  readonly #clock: Clock
  /** Jobs of which something was told lately. */
  readonly #resting = new Map<TakenJob, { readonly cancel: Cancel; hasMore: boolean }>()

  constructor(bus: Bus, names: JobNames, clock: Clock) {
    this.#bus = bus
    this.#names = names
    this.#clock = clock
  }

  /** Throws TypeError for what JSON would lose. */
  tell(job: TakenJob, progress: unknown): void {
    losslessJson(progress, "progress")
    job.told = progress
    const resting = this.#resting.get(job)
    if (resting) resting.hasMore = true
    else this.#send(job)
  }

  forget(job: TakenJob): void {
    this.#resting.get(job)?.cancel()
    this.#resting.delete(job)
  }

  #send(job: TakenJob): void {
    this.#bus.publish(this.#names.progress(job.id), JSON.stringify(job.running))
    const cancel = this.#clock.after(PAUSE_MS, () => {
      const { hasMore } = this.#resting.get(job) ?? {}
      this.#resting.delete(job)
      if (hasMore) this.#send(job)
    })
    this.#resting.set(job, { cancel, hasMore: false })
  }
}
