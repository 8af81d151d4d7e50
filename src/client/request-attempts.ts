/**
 * One request of a caller, through all its attempts: its deadline, what interrupts it, and the pauses between
 * attempts. Leaves no listener and no timer behind once it is closed.
 */
import type { Clock } from "../time/clock.js"
import { Pace } from "../time/pace.js"

/** The first and the longest pause between two attempts, in ms. */
const FIRST_PAUSE_MS = 4
const LONGEST_PAUSE_MS = 64

export class RequestAttempts {
  /** The number of the reign in which it was sent (see TermWatch). */
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
  readonly #random: () => number
  /** Most requests need none. */
  #pace: Pace | undefined
  #reject: ((error: unknown) => void) | undefined

  constructor(
    clock: Clock,
    timeoutMs: number,
    signal: AbortSignal | undefined,
    random: () => number,
  ) {
    this.#clock = clock
    this.#random = random
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

  /** Settles as `work` does, unless it is interrupted or given up before. */
  until<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#reject = reject
      work.then(resolve, reject)
      if (this.givenUp) reject(this.givenUp.reason)
    })
  }

  /** The same, but at its deadline it resolves, whatever becomes of `work`. */
  async untilDeadline(work: Promise<void>): Promise<void> {
    let cancel = () => {}
    const deadline = new Promise<void>((resolve) => {
      cancel = this.#clock.after(Math.max(0, this.leftMs), resolve)
    })
    await this.until(Promise.race([work, deadline])).finally(cancel)
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

  /** Waits before the next attempt, at most until the deadline, or until `wake`; a short while if it `isUrgent`. */
  async pause(isUrgent: boolean): Promise<void> {
    this.#pace ??= new Pace({
      ...{ clock: this.#clock, random: this.#random },
      ...{ firstMs: FIRST_PAUSE_MS, mostMs: LONGEST_PAUSE_MS },
    })
    await this.until(this.#pace.wait({ limitMs: this.leftMs, isUrgent }))
  }

  /** Ends a pause. */
  wake(): void {
    this.#pace?.hurry()
  }

  close(): void {
    this.#signal?.removeEventListener("abort", this.#aborted)
    this.#reject = undefined
    this.#pace?.stop()
  }
}
