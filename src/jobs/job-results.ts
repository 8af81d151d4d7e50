/**
 * What becomes of jobs, as their `done` subjects tell it. A client hears of all that it has enqueued under one wildcard from
 * before the first of them, and of one that has another's id, or its program's own, by itself; so that none is too fast for it.
 * What nobody has asked for yet it remembers for a while.
 * Nobody waits on a client, or a connection, that was closed.
 */
import type { Bus, BusMessage } from "../contracts/bus.js"
import { unawaited } from "../contracts/unawaited.js"
import { isNotPermitted } from "../errors/errors.js"
import { listen } from "../protocol/listening.js"
import { isMatch } from "../protocol/subject.js"

/** So many results are remembered that nobody has asked for; and so many jobs are heard of by themselves. */
const MOST_UNCLAIMED = 10_000
const MOST_SINGLE = 10_000

/** Who waits for the end of one job; told of one of these, once. */
export interface Waiter {
  readonly heard: (message: BusMessage) => void
  /** There is nobody left to hear it from. */
  readonly closed: () => void
}

export class JobResults {
  readonly #bus: Bus
  readonly #unclaimed = new Map<string, BusMessage>()
  /** Each with what ends that it is heard of by itself; the oldest first. */
  readonly #single = new Map<string, () => void>()
  readonly #waiting = new Map<string, Set<Waiter>>()
  /** Under which all that the client enqueued is told. */
  #pattern: string | undefined
  #forgetOwn: (() => void) | undefined
  #refusal: Error | undefined
  #isClosed = false

  constructor(bus: Bus) {
    this.#bus = bus
  }

  /** Why nothing is heard, where the server does not let this user. */
  get refusal(): Error | undefined {
    return this.#refusal
  }

  get isClosed(): boolean {
    return this.#isClosed || this.#bus.isClosed?.() === true
  }

  /** Hears of all under `pattern` from now on. Throws what the connection throws. */
  hear(pattern: string): void {
    this.#forgetOwn ??= this.#listen(pattern, (message) => this.#told(message))
    this.#pattern = pattern
  }

  /**
   * Hears of the one under `subject` from now on, if it is not under the pattern; what was told of an earlier one there is
   * forgotten. Throws as `hear` does.
   */
  hearOne(subject: string): void {
    if (this.#isOwn(subject)) return
    this.#unclaimed.delete(subject)
    if (this.#single.has(subject)) return
    const forget = this.#listen(subject, (message) => {
      this.forgetOne(subject)
      this.#told(message)
    })
    this.#single.set(subject, forget)
    const [oldest] = this.#single.keys()
    if (oldest !== undefined && this.#single.size > MOST_SINGLE) this.forgetOne(oldest)
  }

  forgetOne(subject: string): void {
    this.#single.get(subject)?.()
    this.#single.delete(subject)
  }

  /** Tells `waiter` what is told under `subject`. Returns what ends that. */
  wait(subject: string, waiter: Waiter): () => void {
    const known = this.#unclaimed.get(subject)
    if (known) waiter.heard(known)
    else if (this.isClosed) waiter.closed()
    if (known || this.isClosed) return () => {}
    const waiting = this.#waiting.get(subject) ?? new Set()
    this.#waiting.set(subject, waiting.add(waiter))
    const isHeard = this.#isOwn(subject) || this.#single.has(subject)
    const hand = (message: BusMessage) => void this.#hand(message)
    const forget = isHeard ? undefined : this.#listen(subject, hand)
    return () => {
      waiting.delete(waiter)
      if (waiting.size === 0) this.#waiting.delete(subject)
      forget?.()
    }
  }

  close(): void {
    this.#isClosed = true
    this.#forgetOwn?.()
    for (const subject of [...this.#single.keys()]) this.forgetOne(subject)
    for (const waiter of [...this.#waiting.values()].flatMap((of) => [...of])) waiter.closed()
  }

  /** Returns what ends that. */
  #listen(subject: string, hear: (message: BusMessage) => void): () => void {
    let isOver = false
    const onProblem = (problem: Error) => {
      if (!isNotPermitted(problem)) return
      isOver = true
      this.#refusal ??= problem
    }
    const subscription = listen(this.#bus, subject, hear, { onProblem })
    // Or it ended with its connection.
    unawaited(subscription.closed?.then(() => isOver || this.close()))
    return () => {
      isOver = true
      subscription.unsubscribe()
    }
  }

  #isOwn(subject: string): boolean {
    return this.#pattern !== undefined && isMatch(this.#pattern, subject)
  }

  #told(message: BusMessage): void {
    if (this.#hand(message)) return
    this.#unclaimed.set(message.subject, message)
    const [oldest] = this.#unclaimed.keys()
    if (oldest !== undefined && this.#unclaimed.size > MOST_UNCLAIMED)
      this.#unclaimed.delete(oldest)
  }

  #hand(message: BusMessage): boolean {
    const waiting = this.#waiting.get(message.subject)
    for (const { heard } of waiting ?? []) heard(message)
    return waiting !== undefined
  }
}
