/**
 * Looks from time to time whether a job is still somewhere, for the word of its end may be lost. While the server is away
 * nothing can be looked up, and later it can.
 */
import { unawaited } from "../contracts/unawaited.js"
import type { Cancel, Clock } from "../time/clock.js"
import type { JobFinder } from "./job-finder.js"

/** How long between two looks, in ms. */
export const LOOK_MS = 5_000
/** How long after a job is gone the word of its end may come, in ms. */
const LATE_MS = 1_000

export interface JobLooksOptions {
  readonly id: string
  readonly queue: string
  readonly clock: Clock
  readonly finder: Pick<JobFinder, "find">
  /** It is over, and no word of that has come. */
  readonly gone: () => void
}

export class JobLooks {
  readonly #options: JobLooksOptions
  #cancel: Cancel = () => {}
  #isStopped = false

  constructor(options: JobLooksOptions) {
    this.#options = options
  }

  /** Looks after so many ms, and then again and again. */
  begin(afterMs: number): void {
    this.#after(afterMs, () => unawaited(this.#look()))
  }

  /** A look may be under way: nothing comes of it. */
  stop(): void {
    this.#isStopped = true
    this.#cancel()
  }

  async #look(): Promise<void> {
    const { finder, id, queue, gone } = this.#options
    try {
      const found = await finder.find(id, queue)
      if (!found || found.place === "dead") return this.#after(LATE_MS, gone)
    } catch {
      // Later it may be found.
    }
    this.begin(LOOK_MS)
  }

  #after(ms: number, act: () => void): void {
    if (!this.#isStopped) this.#cancel = this.#options.clock.after(ms, act)
  }
}
