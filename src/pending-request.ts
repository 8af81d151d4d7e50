/**
 * One request of a caller, through all its attempts: its deadline, what interrupts it, and the pauses between
 * attempts. Leaves no listener and no timer behind once it is closed.
 */
import type { Cancel, Clock } from "./clock.js"

/** The first and the longest pause between two attempts, in ms. */
const FIRST_PAUSE_MS = 4
const LONGEST_PAUSE_MS = 64

export class PendingRequest {
  /** The number of the reign in which it was sent (see ReignNews). */
  reign = 0
  /** By which a leader can be asked for the attempt that is under way to one; undefined while none is. */
  id: string | undefined
  /** Why it was given up from outside; undefined while it is not. */
  givenUp: { readonly reason: unknown } | undefined
  readonly #clock: Clock
  readonly #beganMs: number
  readonly #timeoutMs: number
  readonly #signal: AbortSignal | undefined
  readonly #aborted = () => this.giveUp(this.#signal?.reason)
  #pauseMs = FIRST_PAUSE_MS
  #wake: (() => void) | undefined
  #reject: ((error: unknown) => void) | undefined

  constructor(clock: Clock, timeoutMs: number, signal: AbortSignal | undefined) {
    this.#clock = clock
    this.#beganMs = clock.now().monoMs
    this.#timeoutMs = timeoutMs
    this.#signal = signal
    signal?.throwIfAborted()
    signal?.addEventListener("abort", this.#aborted)
  }

  /** Since it began, in ms. */
  get ms(): number {
    return this.#clock.now().monoMs - this.#beganMs
  }

  /** Until its deadline, in ms; below 0 after it. */
  get leftMs(): number {
    return this.#timeoutMs - this.ms
  }

  /** Settles as `work` does, unless it is interrupted before. */
  until<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#reject = reject
      work.then(resolve, reject)
    })
  }

  /** Rejects what is being waited for; the request may go on. */
  interrupt(error: unknown): void {
    this.#reject?.(error)
  }

  /** Rejects what is being waited for, and ends the request. */
  giveUp(reason: unknown): void {
    this.givenUp ??= { reason }
    this.#reject?.(reason)
  }

  /** Waits before the next attempt, each time twice as long, at most until the deadline, or until `wake`. */
  async pause(random: () => number): Promise<void> {
    const ms = Math.min(this.#pauseMs * (0.5 + random()), Math.max(0, this.leftMs))
    this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS)
    let cancel: Cancel | undefined
    try {
      await new Promise<void>((resolve, reject) => {
        this.#reject = reject
        this.#wake = resolve
        cancel = this.#clock.after(ms, resolve)
      })
    } finally {
      cancel?.()
      this.#wake = undefined
    }
  }

  /** Ends a pause. */
  wake(): void {
    this.#wake?.()
  }

  close(): void {
    this.#signal?.removeEventListener("abort", this.#aborted)
    this.#reject = undefined
  }
}
