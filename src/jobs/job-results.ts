/**
 * What becomes of jobs, as their `done` subjects tell it. A client hears of all that it has enqueued under one wildcard from
 * before the first of them, so that none is too fast for it; what nobody has asked for yet it remembers for a while.
 * Nobody waits on a client, or a connection, that was closed.
 */
import type { Bus, BusMessage } from "../contracts/bus.js"
import { unawaited } from "../contracts/unawaited.js"
import { isNotPermitted } from "../errors/errors.js"
import { listen } from "../protocol/listening.js"

/** So many results are remembered that nobody has asked for. */
const MOST_UNCLAIMED = 10_000

/** Who waits for the end of one job; told of one of these, once. */
export interface Waiter {
  readonly heard: (message: BusMessage) => void
  /** There is nobody left to hear it from. */
  readonly closed: () => void
}

export class JobResults {
  readonly #bus: Bus
  readonly #unclaimed = new Map<string, BusMessage>()
  readonly #waiting = new Map<string, Set<Waiter>>()
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
    this.#forgetOwn ??= this.#listen(pattern, (message) => {
      if (this.#hand(message)) return
      this.#unclaimed.set(message.subject, message)
      if (this.#unclaimed.size <= MOST_UNCLAIMED) return
      const [oldest] = this.#unclaimed.keys()
      if (oldest !== undefined) this.#unclaimed.delete(oldest)
    })
  }

  /** Tells `waiter` what is told under `subject`, which others enqueued if not `isOwn`. Returns what ends that. */
  wait(subject: string, isOwn: boolean, waiter: Waiter): () => void {
    const known = this.#unclaimed.get(subject)
    if (known) waiter.heard(known)
    else if (this.isClosed) waiter.closed()
    if (known || this.isClosed) return () => {}
    const waiting = this.#waiting.get(subject) ?? new Set()
    this.#waiting.set(subject, waiting.add(waiter))
    const forget = isOwn ? undefined : this.#listen(subject, (message) => void this.#hand(message))
    return () => {
      waiting.delete(waiter)
      if (waiting.size === 0) this.#waiting.delete(subject)
      forget?.()
    }
  }

  close(): void {
    this.#isClosed = true
    this.#forgetOwn?.()
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

  #hand(message: BusMessage): boolean {
    const waiting = this.#waiting.get(message.subject)
    for (const { heard } of waiting ?? []) heard(message)
    return waiting !== undefined
  }
}
