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
  /** The first wait, in ms; 1 at least. */
  readonly firstMs: number
  /** The longest wait, in ms. Default: all are as long as the first. */
  readonly mostMs?: number
  /** From 0 to 1: makes a wait from half to one and a half times as long. Default: none is changed. */
  readonly random?: () => number
}

/** How long one wait may take. */
export interface WaitOptions {
  /** At most, in ms. */
  readonly limitMs?: number
  /** Ends it: then there is no further try. */
  readonly signal?: AbortSignal
  /** It is hurried from the beginning. */
  readonly isUrgent?: boolean
}

export class Pace {
  readonly #clock: Clock
  readonly #firstMs: number
  readonly #mostMs: number
  readonly #random: () => number
  #nextMs: number
  #hurriedMs = Number.NEGATIVE_INFINITY
  /** The wait that is under way. */
  #waiting:
    | { readonly end: () => void; readonly endsMs: number; readonly cancel: Cancel }
    | undefined
  #isStopped = false

  constructor({ clock, firstMs, mostMs = firstMs, random = () => 0.5 }: PaceOptions) {
    this.#clock = clock
    this.#firstMs = Math.max(1, firstMs)
    this.#mostMs = Math.max(this.#firstMs, mostMs)
    this.#random = random
    this.#nextMs = this.#firstMs
  }

  /** How long the next wait takes, in ms, before it is changed at random. */
  get nextMs(): number {
    return this.#nextMs
  }

  /** Waits before the next try. Resolves with false once it is stopped: try no more. One wait at a time. */
  async wait({ limitMs, signal, isUrgent }: WaitOptions = {}): Promise<boolean> {
    if (this.#isStopped || signal?.aborted) return false
    const ms = this.#nextMs * (0.5 + this.#random())
    this.#nextMs = Math.min(this.#nextMs * 2, this.#mostMs)
    let end = () => {}
    const ended = new Promise<void>((resolve) => {
      end = resolve
    })
    this.#begin(Math.min(ms, Math.max(0, limitMs ?? ms)), end)
    if (isUrgent) this.hurry()
    signal?.addEventListener("abort", end)
    await ended
    signal?.removeEventListener("abort", end)
    this.#waiting?.cancel()
    this.#waiting = undefined
    return !this.#isStopped && !signal?.aborted
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
    if (endsMs === nowMs) waiting.end()
    else this.#begin(endsMs - nowMs, waiting.end)
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

  #begin(ms: number, end: () => void): void {
    const endsMs = this.#clock.now().monoMs + ms
    this.#waiting = { end, endsMs, cancel: this.#clock.after(ms, end) }
  }
}
