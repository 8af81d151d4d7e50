/** The subscriptions to tracked work, what is held of it, and the reign for which they were opened. */
import type { Bus, BusMessage, BusSubscription } from "../contracts/bus.js"
import type { Leadership } from "../lease/leadership.js"
import { listen } from "../protocol/listening.js"
import type { MemberLabel } from "../protocol/member.js"
import type { PoolNames } from "../protocol/names.js"
import { Seal } from "../protocol/reply.js"
import type { Instant } from "../time/clock.js"
import type { Job } from "./job.js"

/** How much is held at most while a claim is on its way; what comes after that is dropped. */
const MOST_HELD = 10_000
const MOST_HELD_BYTES = 64 * 1024 * 1024

/** Where it listens, and for whom. */
export interface TrackedPlace {
  readonly bus: Bus
  readonly member: MemberLabel
  readonly names: Pick<PoolNames, "leader" | "held">
  /** Told of what goes wrong outside of any request, e.g. a subscription that the server refuses. */
  readonly onProblem?: (problem: Error) => void
}

export class TrackedSubscription {
  state: "holding" | "serving" | "refusing" = "holding"
  /** To the work. */
  #work: BusSubscription | undefined
  /** To questions about a request: is it in hand? */
  #questions: BusSubscription | undefined
  /** Whether it is unsubscribed for a moment. */
  isWithdrawn = false
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

  /** Subscribes: `arrived` is told of work, `asked` of questions about it. */
  listen(
    { bus, names, member, onProblem }: TrackedPlace,
    arrived: (message: BusMessage) => void,
    asked: (message: BusMessage) => void,
  ): void {
    this.#work = listen(bus, names.leader, arrived, { onProblem, seal: new Seal(member) })
    this.#questions = listen(bus, names.held, asked, { onProblem })
    this.isWithdrawn = false
  }

  /** Unsubscribes until it listens again; resolves once what the server sent before was heard. */
  async withdraw(): Promise<void> {
    this.isWithdrawn = true
    this.#questions?.unsubscribe()
    await this.#work?.drain()
  }

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
    this.#questions?.unsubscribe()
    await this.#work?.drain()
  }

  unsubscribe(): void {
    this.#questions?.unsubscribe()
    this.#work?.unsubscribe()
  }

  /** What was held, in order. */
  release(): BusMessage[] {
    return this.#held.splice(0)
  }
}
