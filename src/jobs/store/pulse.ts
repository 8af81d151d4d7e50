/**
 * Since when a message can have been lying here unread. A process that was frozen reads what came meanwhile when it wakes,
 * and would take it for new. So what arrives is taken to have been sent at `since`, at the earliest time that can be: all
 * that the system had for us by then has been read. It lags behind by one beat, more only in a process that stood still.
 */
import type { Instant } from "../../time/clock.js"
import { systemClock } from "../../time/system-clock.js"

export class Pulse {
  #since: Instant = systemClock.now()
  readonly #timer: NodeJS.Timeout

  constructor(beatMs: number) {
    // What was there before the timer rang has been read when what is to be read next has been.
    const beat = () => {
      const rang = systemClock.now()
      setImmediate(() => {
        this.#since = rang
      })
    }
    this.#timer = setInterval(beat, beatMs)
  }

  get since(): Instant {
    return this.#since
  }

  stop(): void {
    clearInterval(this.#timer)
  }
}
