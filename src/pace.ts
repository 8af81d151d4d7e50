/**
 * How whatever repeats itself waits between two tries: the one way to, so that nothing can turn without letting go. Each
 * wait is twice as long as the one before, from `firstMs` to `mostMs`.
 *
 * News that makes the next try worth more may end a wait early (`hurry`), but once in `firstMs` at most. So however fast
 * tries fail, and whatever is heard meanwhile, there are no more than three in any `firstMs`, and time passes.
 */
import type { Cancel, Clock } from "./clock.js"

export interface PaceOptions {
  readonly clock: Clock
  /** The first wait, in ms. */
  readonly firstMs: number
  /** The longest wait, in ms. Default: all are as long as the first. */
  readonly mostMs?: number
  /** From 0 to 1: makes a wait from half to one and a half times as long. Default: none is changed. */
  readonly random?: () => number
}

export class Pace {
  readonly #clock: Clock
  readonly #firstMs: number
  readonly #mostMs: number
  readonly #random: () => number
  #nextMs: number
  #hurriedMs = Number.NEGATIVE_INFINITY
  /** The wait that is under way. */
  #waiting: { readonly end: () => void; endsMs: number; cancel: Cancel } | undefined
  #isStopped = false

  constructor({ clock, firstMs, mostMs = firstMs, random = () => 0.5 }: PaceOptions) {
    this.#clock = clock
    this.#firstMs = firstMs
    this.#mostMs = mostMs
    this.#random = random
    this.#nextMs = firstMs
  }

  /** Waits before the next try, for `limitMs` at most. Resolves with false once it is stopped: try no more. */
  async wait(limitMs = Number.POSITIVE_INFINITY): Promise<boolean> {
    if (this.#isStopped) return false
    const ms = Math.min(this.#nextMs * (0.5 + this.#random()), Math.max(0, limitMs))
    this.#nextMs = Math.min(this.#nextMs * 2, this.#mostMs)
    await new Promise<void>((end) => {
      const endsMs = this.#clock.now().monoMs + ms
      this.#waiting = { end, endsMs, cancel: this.#clock.after(ms, end) }
    })
    this.#waiting?.cancel()
    this.#waiting = undefined
    return !this.#isStopped
  }

  /** Ends the wait that is under way, or has it end `firstMs` after the last one that was hurried. */
  hurry(): void {
    const waiting = this.#waiting
    if (!waiting) return
    const nowMs = this.#clock.now().monoMs
    const endsMs = Math.max(nowMs, this.#hurriedMs + this.#firstMs)
    if (endsMs >= waiting.endsMs) return
    this.#hurriedMs = endsMs
    waiting.cancel()
    waiting.endsMs = endsMs
    if (endsMs === nowMs) waiting.end()
    else waiting.cancel = this.#clock.after(endsMs - nowMs, waiting.end)
  }

  /** A try succeeded: the next wait is the first again. */
  reset(): void {
    this.#nextMs = this.#firstMs
  }

  /** Ends the wait that is under way; there is no further try. */
  stop(): void {
    this.#isStopped = true
    this.#waiting?.end()
    this.#waiting?.cancel()
  }
}
