/** A timer that is set anew all the time: it rings no later than at the earliest time that it was set to. */
import type { Cancel, Clock } from "./clock.js"

export class Alarm {
  readonly #clock: Clock
  readonly #ring: () => void
  #set: { readonly atMs: number; readonly cancel: Cancel } | undefined

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock
    this.#ring = ring
  }

  /** Rings at `atMs` of the monotonic clock, or earlier: that is cheaper than a timer that is moved each time. */
  setTo(atMs: number): void {
    if (this.#set && this.#set.atMs <= atMs) return
    this.cancel()
    const cancel = this.#clock.after(Math.max(0, atMs - this.#clock.now().monoMs), () => {
      this.#set = undefined
      this.#ring()
    })
    this.#set = { atMs, cancel }
  }

  cancel(): void {
    this.#set?.cancel()
    this.#set = undefined
  }
}
