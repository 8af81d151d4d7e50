/**
 * Whether the event loop of this process stood still for longer than it may: a timer that rings late shows it. While
 * it stands still nobody can be told; so it is remembered for as long again.
 */
import type { Cancel, Clock } from "./clock.js"

/** How many times the timer rings in the time that is allowed. */
const RINGS = 4

export class LoopWatch {
  readonly #clock: Clock
  readonly #limitMs: number
  #lastMs: number
  #stall: { readonly ms: number; readonly endedMs: number } | undefined
  #cancel: Cancel

  /** Watches from now on, until `stop`; `limitMs` is how long it may stand still. */
  constructor(clock: Clock, limitMs: number) {
    this.#clock = clock
    this.#limitMs = limitMs
    this.#lastMs = clock.now().monoMs
    this.#cancel = this.#ringLater()
  }

  /** For how many ms it stood still, if that was longer than allowed, and not long ago. */
  stalledMs(): number | undefined {
    // Whoever asks right after may be heard before the timer is.
    this.#look()
    const { ms, endedMs = 0 } = this.#stall ?? {}
    return this.#lastMs - endedMs <= this.#limitMs ? ms : undefined
  }

  stop(): void {
    this.#cancel()
  }

  #look(): void {
    const nowMs = this.#clock.now().monoMs
    const ms = nowMs - this.#lastMs
    if (ms > this.#limitMs) this.#stall = { ms, endedMs: nowMs }
    this.#lastMs = nowMs
  }

  #ringLater(): Cancel {
    return this.#clock.after(this.#limitMs / RINGS, () => {
      this.#look()
      this.#cancel = this.#ringLater()
    })
  }
}
