/**
 * A clock that first runs on its own time, as fast as it is told to, and may then go live. The demo lives
 * through some minutes in a moment with it, and tests never wait.
 */
import type { Cancel, Clock, Instant } from "../../time/clock.js"

interface Timer {
  readonly dueMonoMs: number
  readonly wake: () => void
  /** What cancels it once it runs in real time. */
  cancel?: Cancel
}

export class DemoClock implements Clock {
  #monoMs = 1_000_000
  #wallMs: number
  #timers: Timer[] = []
  #live: { readonly sinceMs: number } | undefined

  /** `wallMs`: the time of day at which it begins. */
  constructor(wallMs: number) {
    this.#wallMs = wallMs
  }

  now(): Instant {
    const elapsed = this.#live ? performance.now() - this.#live.sinceMs : 0
    return { monoMs: this.#monoMs + elapsed, wallMs: this.#wallMs + elapsed }
  }

  after(ms: number, wake: () => void): Cancel {
    if (this.#live) return armed(ms, wake)
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
    const end = this.#monoMs + ms
    await settled()
    for (;;) {
      const [timer] = this.#timers
      if (!timer || timer.dueMonoMs > end) break
      this.#timers.shift()
      this.#passTo(timer.dueMonoMs)
      timer.wake()
      await settled()
    }
    this.#passTo(end)
  }

  /** From now on time passes by itself. */
  goLive(): void {
    const timers = this.#timers
    this.#timers = []
    this.#live = { sinceMs: performance.now() }
    for (const timer of timers) timer.cancel = armed(timer.dueMonoMs - this.#monoMs, timer.wake)
  }

  #passTo(monoMs: number): void {
    this.#wallMs += monoMs - this.#monoMs
    this.#monoMs = monoMs
  }
}

function armed(ms: number, wake: () => void): Cancel {
  const timer = setTimeout(wake, ms)
  return () => clearTimeout(timer)
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await Promise.resolve()
}
