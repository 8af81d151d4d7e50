/**
 * The subscriptions to tracked work, what is held of it, and the reign for which they were opened.
 *
 * They are in a queue group that has nobody else in it, under a name of its own. So who moves to another server can listen on
 * two connections for a while, and hears each request once, while whoever led before, and is frozen now, still gets his copy.
 * A connection that was lost may seem to be there to its server for minutes: a group that it is in is left to it.
 */
import { nuid } from "nats"
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
  /** Its own connection. */
  readonly bus: Bus
  readonly member: MemberLabel
  readonly names: Pick<PoolNames, "leader" | "held">
  /** Told of what goes wrong outside of any request, e.g. a subscription that the server refuses. */
  readonly onProblem?: (problem: Error) => void
}

interface Way {
  /** To the work. */
  readonly work: BusSubscription
  /** To questions about a request: is it in hand? */
  readonly questions: BusSubscription
}

export class TrackedSubscription {
  state: "holding" | "serving" | "refusing" = "holding"
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
  readonly #place: TrackedPlace
  readonly #arrived: (message: BusMessage) => void
  readonly #asked: (message: BusMessage) => void
  readonly #ways = new Map<Bus, Way>()
  #group = nuid.next()
  #drained: Promise<unknown> | undefined

  /** Subscribes: `arrived` is told of work, `asked` of questions about it. */
  constructor(
    place: TrackedPlace,
    arrived: (opened: TrackedSubscription, message: BusMessage) => void,
    asked: (opened: TrackedSubscription, message: BusMessage) => void,
  ) {
    this.#place = place
    this.#arrived = (message) => arrived(this, message)
    this.#asked = (message) => asked(this, message)
    this.listen(place.bus)
  }

  /** Subscribes on `bus`, too, if it has not. */
  listen(bus: Bus): void {
    if (this.#ways.has(bus)) return
    const { names, member, onProblem } = this.#place
    const queue = this.#group
    const work = { queue, onProblem, seal: new Seal(member) }
    this.#ways.set(bus, {
      work: listen(bus, names.leader, this.#arrived, work),
      questions: listen(bus, names.held, this.#asked, { queue, onProblem }),
    })
  }

  /** Unsubscribes on `bus`; resolves once what its server sent before was heard. */
  async leave(bus: Bus): Promise<void> {
    const way = this.#ways.get(bus)
    this.#ways.delete(bus)
    way?.questions.unsubscribe()
    await way?.work.drain()
  }

  /** Its own connection was lost: it is in another group from now on. */
  regroup(): void {
    const buses = [...this.#ways.keys()]
    if (!buses.includes(this.#place.bus)) return
    this.unsubscribe()
    this.#group = nuid.next()
    for (const bus of buses) if (!bus.isClosed?.()) this.listen(bus)
  }

  hold(message: BusMessage): void {
    this.#heldBytes += message.data.length
    if (this.#held.length < MOST_HELD && this.#heldBytes <= MOST_HELD_BYTES)
      this.#held.push(message)
  }

  /** Unsubscribes; resolves once what was sent before was heard, but for a connection that is gone, and the rest with it. */
  async drain(): Promise<void> {
    this.#drained ??= Promise.allSettled([...this.#ways.keys()].map((bus) => this.leave(bus)))
    await this.#drained
  }

  unsubscribe(): void {
    for (const { work, questions } of this.#ways.values()) {
      questions.unsubscribe()
      work.unsubscribe()
    }
    this.#ways.clear()
  }

  /** What was held, in order. */
  release(): BusMessage[] {
    return this.#held.splice(0)
  }
}
