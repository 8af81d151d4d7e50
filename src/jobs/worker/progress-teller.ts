/** Tells how far jobs are: each at most five times a second, and what was said last is told in the end. Nobody keeps it. */
import type { Bus } from "../../contracts/bus.js"
import { callSafely } from "../../contracts/safe-call.js"
import { losslessJson } from "../../encoding/lossless-json.js"
import { BadInput } from "../../errors/errors.js"
import type { Cancel, Clock } from "../../time/clock.js"
import type { JobNames } from "../contract/job-names.js"
import type { TakenJob } from "./taken-job.js"

const PAUSE_MS = 200
/** What may be said of one job, in bytes, where the server takes twice as much: what all run goes in one answer, or few. */
const MOST_BYTES = 32_768

export class ProgressTeller {
  readonly #bus: Bus
  readonly #names: JobNames
  readonly #clock: Clock
  readonly #mostBytes: number
  /** Jobs of which something was told lately. */
  readonly #resting = new Map<TakenJob, { readonly cancel: Cancel; hasMore: boolean }>()

  /** `maxPayload` is what one message may hold, in bytes. */
  constructor(bus: Bus, names: JobNames, clock: Clock, maxPayload = Number.POSITIVE_INFINITY) {
    this.#mostBytes = Math.min(MOST_BYTES, maxPayload / 2)
    this.#bus = bus
    this.#names = names
    this.#clock = clock
  }

  /** Throws TypeError for what JSON would lose, and BadInput for what is too large. */
  tell(job: TakenJob, progress: unknown): void {
    const bytes = Buffer.byteLength(losslessJson(progress, "progress"))
    if (bytes > this.#mostBytes) {
      throw new BadInput("progress", `at most ${this.#mostBytes} bytes as JSON`, bytes)
    }
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
    const told = JSON.stringify(job.running)
    // Whatever keeps it from being told, the job goes on; and where the timer calls, what is thrown would end the process.
    callSafely(
      () => this.#bus.publish(this.#names.progress(job.id), told),
      () => {},
    )
    const cancel = this.#clock.after(PAUSE_MS, () => {
      const { hasMore } = this.#resting.get(job) ?? {}
      this.#resting.delete(job)
      if (hasMore) this.#send(job)
    })
    this.#resting.set(job, { cancel, hasMore: false })
  }
}
