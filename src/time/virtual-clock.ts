/**
 * A clock on time of its own, which passes as fast as it is told to, and may then go live. The demo lives through some
 * minutes in a moment with it, a warm-up through a change of leader, and tests never wait.
 */
import { setImmediate as turn } from "node:timers/promises"
import type { Cancel, Clock, Instant } from "./clock.js"
import { systemClock } from "./system-clock.js"

interface Timer {
  readonly dueMonoMs: number
  readonly wake: () => void
  /** What cancels it once it runs in real time. */
  cancel?: Cancel
}

export class VirtualClock implements Clock {
  #monoMs = 1_000_000
  #wallMs: number
  #timers: Timer[] = []
  #live: { readonly sinceMs: number } | undefined

  /** `wallMs`: the time of day at which it begins. */
  constructor(wallMs: number) {
    this.#wallMs = wallMs
  }

  now(): Instant {
    const elapsed = this.#live ? systemClock.now().monoMs - this.#live.sinceMs : 0
    return { monoMs: this.#monoMs + elapsed, wallMs: this.#wallMs + elapsed }
  }

  after(ms: number, wake: () => void): Cancel {
    if (this.#live) return systemClock.after(ms, wake)
    const timer: Timer = { dueMonoMs: this.#monoMs + Math.max(0, ms), wake }
    const index = this.#timers.findIndex(({ dueMonoMs }) => dueMonoMs > timer.dueMonoMs)
    this.#timers.splice(index < 0 ? this.#timers.length : index, 0, timer)
    return () => {
      timer.cancel?.()
      this.#timers = this.#timers.filter((one) => one !== timer)
    }
  }

  /** Lets `ms` pass: wakes all that falls due, each at its time, and lets promises settle in between. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#monoMs + ms
    await settled()
    while (this.#wakeNext(endMs)) await settled()
    this.#passTo(endMs)
  }

  /**
   * Lets time pass until `work` has settled, and settles as it does; between two timers the process does what else it
   * has to do. Rejects when more than `longestMs` have passed.
   */
  async during<T>(work: Promise<T>, longestMs: number): Promise<T> {
    const endMs = this.#monoMs + longestMs
    let isOver = false
    const over = () => {
      isOver = true
    }
    work.then(over, over)
    for (;;) {
      await turn()
      if (isOver) return work
      if (this.#monoMs > endMs) throw new Error(`not over after ${longestMs} ms`)
      if (!this.#wakeNext()) this.#passTo(this.#monoMs + 1)
    }
  }

  /** From now on time passes by itself. */
  goLive(): void {
    const timers = this.#timers
    this.#timers = []
    this.#live = { sinceMs: systemClock.now().monoMs }
    for (const timer of timers) {
      timer.cancel = systemClock.after(timer.dueMonoMs - this.#monoMs, timer.wake)
    }
  }

  /** Passes to the next timer that is due by `untilMs`, and wakes it; false if there is none. */
  #wakeNext(untilMs = Number.POSITIVE_INFINITY): boolean {
    const [timer] = this.#timers
    if (!timer || timer.dueMonoMs > untilMs) return false
    this.#timers.shift()
    this.#passTo(timer.dueMonoMs)
    timer.wake()
    return true
  }

  #passTo(monoMs: number): void {
    this.#wallMs += monoMs - this.#monoMs
    this.#monoMs = monoMs
  }
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await Promise.resolve()
}
