/**
 * Time that passes only while there is something to wait for, and then as fast as the process gets round to it: from one
 * alarm to the next, with a turn of the event loop in between.
 */
import { setImmediate as turn } from "node:timers/promises"
import type { Cancel, Clock, Instant } from "../time/clock.js"

export class FastForwardClock implements Clock {
  readonly #longestMs: number
  #nowMs = 0
  #alarms: { readonly atMs: number; readonly wake: () => void }[] = []

  /** `longestMs`: how much time may pass at most. */
  constructor(longestMs: number) {
    this.#longestMs = longestMs
  }

  now(): Instant {
    return { monoMs: this.#nowMs, wallMs: this.#nowMs }
  }

  after(ms: number, wake: () => void): Cancel {
    const alarm = { atMs: this.#nowMs + ms, wake }
    this.#alarms.push(alarm)
    this.#alarms.sort((a, b) => a.atMs - b.atMs)
    return () => {
      this.#alarms = this.#alarms.filter((one) => one !== alarm)
    }
  }

  /** Lets time pass until `work` has settled, and settles as it does. Rejects when that takes too long. */
  async during<T>(work: Promise<T>): Promise<T> {
    let isOver = false
    const over = () => {
      isOver = true
    }
    work.then(over, over)
    for (;;) {
      // What else the process has to do comes first; and what is on its way arrives.
      await turn()
      if (isOver) return work
      if (this.#nowMs > this.#longestMs) throw new Error(`not over after ${this.#longestMs} ms`)
      const next = this.#alarms.shift()
      this.#nowMs = next ? Math.max(this.#nowMs, next.atMs) : this.#nowMs + 1
      next?.wake()
    }
  }
}
