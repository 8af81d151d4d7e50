/** When the screen is told: at the tick of each second, and soon after a change, but not with each one. */
import type { Cancel, Clock } from "../../time/clock.js"

/** How often a lease that runs down is shown. */
const TENSE_MS = 250

/** How much too early a timer may wake. */
const EARLY_MS = 20

export interface Beats {
  /** Show what there is. */
  show(): void
  /** A second of the wall clock is over. */
  second(): void
}

export class Beat {
  readonly #clock: Clock
  readonly #beats: Beats
  #shownMonoMs = Number.NEGATIVE_INFINITY
  #dueMonoMs = Number.POSITIVE_INFINITY
  #cancelShow: Cancel = () => {}
  #cancelSecond: Cancel = () => {}
  #isClosed = false

  constructor(clock: Clock, beats: Beats) {
    this.#clock = clock
    this.#beats = beats
    this.#awaitSecond()
  }

  /** Shows once the last time is `ms` ago, and no sooner than `notBeforeMs` from now. */
  showWithin(ms: number, notBeforeMs = 0): void {
    this.showAfter(Math.max(notBeforeMs, this.#shownMonoMs + ms - this.#clock.now().monoMs))
  }

  /** Shows `ms` from now, or sooner if that is due. */
  showAfter(ms: number): void {
    const due = this.#clock.now().monoMs + ms
    if (this.#isClosed || due >= this.#dueMonoMs) return
    this.#cancelShow()
    this.#dueMonoMs = due
    this.#cancelShow = this.#clock.after(ms, () => this.#beats.show())
  }

  /** It was shown just now. `isTense`: something moves that is to be seen moving. */
  shown(isTense: boolean): void {
    this.#cancelShow()
    this.#shownMonoMs = this.#clock.now().monoMs
    this.#dueMonoMs = Number.POSITIVE_INFINITY
    if (isTense) this.showWithin(TENSE_MS)
  }

  close(): void {
    this.#isClosed = true
    this.#cancelShow()
    this.#cancelSecond()
  }

  /** The next full second of the wall clock. Timers may wake a little early: that second is over then. */
  #awaitSecond(): void {
    const ms = 1000 - ((this.#clock.now().wallMs + EARLY_MS) % 1000) + EARLY_MS
    this.#cancelSecond = this.#clock.after(ms, () => {
      if (this.#isClosed) return
      this.#awaitSecond()
      this.#beats.second()
    })
  }
}
