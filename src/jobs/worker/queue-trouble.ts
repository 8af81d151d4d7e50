/** Why a worker gets no jobs of one queue, and for how long: told when it begins and when it is over, and to whoever asks. */
import type { Troubles } from "../../contracts/troubles.js"
import { reasonOf } from "../../errors/errors.js"
import type { Clock } from "../../time/clock.js"

export class QueueTrouble {
  readonly #queue: string
  readonly #clock: Clock
  readonly #troubles: Troubles
  #standing: { readonly reason: string; readonly sinceMs: number } | undefined

  constructor(queue: string, clock: Clock, troubles: Troubles) {
    this.#queue = queue
    this.#clock = clock
    this.#troubles = troubles
  }

  /** In words; undefined while jobs can be had. */
  get noJobs(): string | undefined {
    if (!this.#standing) return undefined
    const { reason, sinceMs } = this.#standing
    const seconds = (this.#clock.now().monoMs - sinceMs) / 1000
    return `no jobs of queue ${this.#queue} for ${seconds.toFixed(1)}s: ${reason}`
  }

  /** What is wrong, or (with undefined) that nothing is any more. */
  told(trouble: unknown): void {
    const what = `queue ${this.#queue}`
    if (trouble === undefined) {
      this.#standing = undefined
      return this.#troubles.works(what)
    }
    const sinceMs = this.#standing?.sinceMs ?? this.#clock.now().monoMs
    this.#standing = { reason: reasonOf(trouble), sinceMs }
    this.#troubles.fails(what, `no jobs of queue ${this.#queue} can be had`, trouble)
  }
}
