/**
 * What a turn leaves for after it, in order: each act in a microtask of its own, so that what the turn itself sends is on
 * its way before any of them; and those that can wait, with all behind them, a millisecond later, so that what has
 * arrived meanwhile is dealt with first. Each is done exactly once.
 */
import { unawaited } from "../contracts/unawaited.js"
import type { Clock } from "../time/clock.js"
import { pause } from "../time/within.js"

/** How long those wait that can, in ms. */
const A_LITTLE_MS = 1

interface Act {
  readonly act: () => void
  readonly canWait: boolean
}

export class DeferredActs {
  readonly #clock: Clock
  readonly #onError: (error: unknown) => void
  readonly #left: Act[] = []
  #isUnderWay = false

  /** `onError` is told what an act threw; it doesn't keep the others from being done. */
  constructor(clock: Clock, onError: (error: unknown) => void) {
    this.#clock = clock
    this.#onError = onError
  }

  /** Right after this turn, unless something stands before it that can wait. */
  next(act: () => void): void {
    this.#add({ act, canWait: false })
  }

  /** A little later. */
  later(act: () => void): void {
    this.#add({ act, canWait: true })
  }

  /** Does at once what is left, for what comes now must find it done. */
  finish(): void {
    for (let next = this.#left.shift(); next; next = this.#left.shift()) this.#do(next)
  }

  #add(act: Act): void {
    this.#left.push(act)
    if (!this.#isUnderWay) unawaited(this.#work(), this.#onError)
  }

  async #work(): Promise<void> {
    this.#isUnderWay = true
    let hasWaited = false
    for (let first = this.#left[0]; first; first = this.#left[0]) {
      if (first.canWait && !hasWaited) await pause(this.#clock, A_LITTLE_MS)
      else await null
      hasWaited = first.canWait
      const next = this.#left.shift()
      if (next) this.#do(next)
    }
    this.#isUnderWay = false
  }

  #do({ act }: Act): void {
    try {
      act()
    } catch (error) {
      this.#onError(error)
    }
  }
}
