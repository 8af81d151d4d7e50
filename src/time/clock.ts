/**
 * Time as an argument. Everything that waits or measures takes a Clock, so that the simulation can run
 * hours in a moment, and a test can suspend a machine.
 */

/** One reading of both clocks, in milliseconds. */
export interface Instant {
  /** The monotonic clock: never jumps, but stands still while a virtual machine is suspended. */
  readonly monoMs: number
  /** The wall clock, since 1970: may jump either way. */
  readonly wallMs: number
}

/** Cancels what `after` arranged; harmless afterwards. */
export type Cancel = () => void

/** A source of time and of wake-up calls. */
export interface Clock {
  /** Both clocks at this instant. */
  now(): Instant
  /** The monotonic one alone, if it costs less than both; for what is asked with each request. */
  monoMs?(): number
  /** Calls `wake` once, `ms` of monotonic time from now. */
  after(ms: number, wake: () => void): Cancel
}

/** The monotonic clock of `clock`, in ms. */
export function monoMsOf(clock: Clock): number {
  return clock.monoMs?.() ?? clock.now().monoMs
}

/** A timer on a clock that is set anew all the time: it rings no later than at the earliest time that it was set to. */
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
