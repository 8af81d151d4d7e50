/**
 * What becomes of jobs, as their `done` subjects tell it. A client hears of all that it has enqueued under one wildcard from
 * before the first of them, so that none is too fast for it; what nobody has asked for yet it remembers for a while.
 */
import type { Bus, BusMessage, BusSubscription } from "../contracts/bus.js"
import { isNotPermitted } from "../errors/errors.js"
import { listen } from "../protocol/listening.js"

/** So many results are remembered that nobody has asked for. */
const MOST_UNCLAIMED = 10_000

export class JobResults {
  readonly #bus: Bus
  readonly #unclaimed = new Map<string, BusMessage>()
  readonly #waiting = new Map<string, Set<(message: BusMessage) => void>>()
  #own: BusSubscription | undefined
  #refusal: Error | undefined

  constructor(bus: Bus) {
    this.#bus = bus
  }

  /** Why nothing is heard, where the server does not let this user. */
  get refusal(): Error | undefined {
    return this.#refusal
  }

  /** Hears of all under `pattern` from now on. Throws what the connection throws. */
  hear(pattern: string): void {
    this.#own ??= this.#listen(pattern, (message) => {
      if (this.#hand(message)) return
      this.#unclaimed.set(message.subject, message)
      if (this.#unclaimed.size <= MOST_UNCLAIMED) return
      const [oldest] = this.#unclaimed.keys()
      if (oldest !== undefined) this.#unclaimed.delete(oldest)
    })
  }

  /** Calls `heard` once with what is told under `subject`, which others enqueued if not `isOwn`. Returns what ends that. */
  wait(subject: string, isOwn: boolean, heard: (message: BusMessage) => void): () => void {
    const known = this.#unclaimed.get(subject)
    if (known) {
      heard(known)
      return () => {}
    }
    const waiting = this.#waiting.get(subject) ?? new Set()
    this.#waiting.set(subject, waiting.add(heard))
    const subscription = isOwn
      ? undefined
      : this.#listen(subject, (message) => void this.#hand(message))
    return () => {
      waiting.delete(heard)
      if (waiting.size === 0) this.#waiting.delete(subject)
      subscription?.unsubscribe()
    }
  }

  close(): void {
    this.#own?.unsubscribe()
    this.#unclaimed.clear()
  }

  #listen(subject: string, hear: (message: BusMessage) => void): BusSubscription {
    const onProblem = (problem: Error) => {
      if (isNotPermitted(problem)) this.#refusal ??= problem
    }
    return listen(this.#bus, subject, hear, { onProblem })
  }

  #hand(message: BusMessage): boolean {
    const waiting = this.#waiting.get(message.subject)
    for (const heard of waiting ?? []) heard(message)
    return waiting !== undefined
  }
}
