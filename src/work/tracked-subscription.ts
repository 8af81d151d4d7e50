/** The subscriptions to tracked work, what is held of it, and the reign for which they were opened. */
import type { BusMessage, BusSubscription } from "../contracts/bus.js"
import type { Leadership } from "../lease/leadership.js"
import type { Seal } from "../protocol/reply.js"
import type { Instant } from "../time/clock.js"
import type { Job } from "./job.js"

/** How much is held at most while a claim is on its way; what comes after that is dropped. */
const MOST_HELD = 10_000
const MOST_HELD_BYTES = 64 * 1024 * 1024

export class TrackedSubscription {
  state: "holding" | "serving" | "refusing" = "holding"
  /** To the work. */
  subscription: BusSubscription | undefined
  /** To questions about a request: is it in hand? */
  questions: BusSubscription | undefined
  reign:
    | {
        readonly leadership: Leadership
        readonly seal: Seal
        readonly handler: (job: Job) => unknown
        /** Stops listening to the signal of the reign. */
        readonly forget: () => void
      }
    | undefined
  /** Until when "not done" is certain. */
  refusesUntil: Instant | undefined
  #held: BusMessage[] = []
  #heldBytes = 0
  #drained: Promise<void> | undefined

  hold(message: BusMessage): void {
    this.#heldBytes += message.data.length
    if (this.#held.length < MOST_HELD && this.#heldBytes <= MOST_HELD_BYTES)
      this.#held.push(message)
  }

  /** Unsubscribes; resolves once what the server sent before was heard. */
  drain(): Promise<void> {
    this.#drained ??= this.#drain()
    return this.#drained
  }

  async #drain(): Promise<void> {
    this.questions?.unsubscribe()
    await this.subscription?.drain()
  }

  unsubscribe(): void {
    this.questions?.unsubscribe()
    this.subscription?.unsubscribe()
  }

  /** What was held, in order. */
  release(): BusMessage[] {
    return this.#held.splice(0)
  }
}
