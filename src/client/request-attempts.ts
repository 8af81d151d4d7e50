/**
 * One request of a caller, through all its attempts: what is asked, its deadline, what interrupts it, and the pauses between
 * attempts. Leaves no listener and no timer behind once it has ended.
 */
import type { MsgHdrs } from "nats"
import type { BusMessage } from "../contracts/bus.js"
import { type Clock, monoMsOf } from "../time/clock.js"
import { Pace } from "../time/pace.js"
import type { Answer } from "./answer.js"

/** The first and the longest pause between two attempts, in ms. */
const FIRST_PAUSE_MS = 4
const LONGEST_PAUSE_MS = 64

/** What is asked, and how. */
export interface Question {
  readonly payload: Uint8Array
  readonly headers: MsgHdrs | undefined
  readonly toLeader: boolean
  readonly timeoutMs: number
  readonly isIdempotent: boolean
  readonly waitsForWorkers: boolean
  readonly signal: AbortSignal | undefined
  /** The same for all that are given up together; see WaitingRequests.giveUp. */
  readonly batch?: object
}

/** Told of what becomes of the attempts of its requests. */
export interface RequestOwner {
  readonly clock: Clock
  readonly random: () => number
  answered(request: RequestAttempts, message: BusMessage): void
  failed(request: RequestAttempts, error: unknown): void
  /** Its caller wants it no more. */
  aborted(request: RequestAttempts, reason: unknown): void
}

/** How its promise is settled. */
export interface Settling {
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: unknown) => void
}

export class RequestAttempts {
  /** See Awaiting. */
  token = 0
  readonly deadlineMs: number
  /** See Awaiting; of those that go to a leader. */
  longAtMs: number | undefined
  /** How long its last attempt may wait before its leader is asked for it, in ms. */
  longMs = 0
  /** The number of the reign in which it was sent (see TermWatch). */
  reign = 0
  /** By which a leader can be asked for the last attempt that was sent to one. */
  id: string | undefined
  /** Whether anybody who could do it was seen; without that it may have to be looked for. */
  isInhabited: boolean
  /** Why it isn't known whether an earlier attempt was done; undefined if none was that could have been. */
  doubt: unknown
  /** Why it was given up between two attempts; undefined while it is not. */
  givenUp: { readonly reason: unknown } | undefined
  readonly #owner: RequestOwner
  readonly #settling: Settling
  readonly #beganMs: number
  /** Only of those with a signal. */
  #onAbort: (() => void) | undefined
  /** Most requests need none. */
  #pace: Pace | undefined
  #interrupt: ((error: unknown) => void) | undefined

  /** Throws the reason of a signal that has been aborted. */
  constructor(
    readonly question: Question,
    readonly subject: string,
    owner: RequestOwner,
    settling: Settling,
  ) {
    this.#owner = owner
    this.#settling = settling
    this.#beganMs = monoMsOf(owner.clock)
    this.deadlineMs = this.#beganMs + question.timeoutMs
    this.isInhabited = question.waitsForWorkers
    if (question.signal) this.#heed(question.signal)
  }

  /** Since it began, in ms. */
  get ms(): number {
    return monoMsOf(this.#owner.clock) - this.#beganMs
  }

  /** Until its deadline, in ms; below 0 after it. */
  get leftMs(): number {
    return this.question.timeoutMs - this.ms
  }

  answered(message: BusMessage): void {
    this.#owner.answered(this, message)
  }

  failed(error: unknown): void {
    this.#owner.failed(this, error)
  }

  resolve(answer: Answer): void {
    this.#end()
    this.#settling.resolve(answer)
  }

  reject(error: unknown): void {
    this.#end()
    this.#settling.reject(error)
  }

  /** Settles as `work` does, unless it is given up before. */
  until<T>(work: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#interrupt = reject
      work.then(resolve, reject)
      if (this.givenUp) reject(this.givenUp.reason)
    })
  }

  /** The same, but at its deadline it resolves, whatever becomes of `work`. */
  async untilDeadline(work: Promise<void>): Promise<void> {
    let cancel = () => {}
    const deadline = new Promise<void>((resolve) => {
      cancel = this.#owner.clock.after(Math.max(0, this.leftMs), resolve)
    })
    await this.until(Promise.race([work, deadline])).finally(cancel)
  }

  /** Ends it between two attempts: rejects what is being waited for. */
  giveUp(reason: unknown): void {
    this.givenUp ??= { reason }
    this.#interrupt?.(reason)
  }

  /** Waits before the next attempt, at most until the deadline, or until `wake`; a short while if it `isUrgent`. */
  async pause(isUrgent: boolean): Promise<void> {
    const { clock, random } = this.#owner
    const paces = { clock, random, firstMs: FIRST_PAUSE_MS, mostMs: LONGEST_PAUSE_MS }
    this.#pace ??= new Pace(paces)
    await this.until(this.#pace.wait({ limitMs: this.leftMs, isUrgent }))
  }

  /** Ends a pause. */
  wake(): void {
    this.#pace?.hurry()
  }

  #heed(signal: AbortSignal): void {
    signal.throwIfAborted()
    this.#onAbort = () => this.#owner.aborted(this, signal.reason)
    signal.addEventListener("abort", this.#onAbort)
  }

  #end(): void {
    if (this.#onAbort) this.question.signal?.removeEventListener("abort", this.#onAbort)
    this.#interrupt = undefined
    this.#pace?.stop()
  }
}
