/**
 * Jobs of one queue and priority as one worker gets them from its consumer: as many as it has room for and never more, for
 * what lies in a client grows old. What is free is asked for at once, in a few requests that overlap, so that the next
 * jobs are on their way while the last are done. A look asks beside those for what is ready now.
 *
 * A consumer or stream that is gone is made anew, and after an outage all is asked for again, on new inboxes: what the
 * server may still send to the old ones comes back when its lease is over.
 */
import type { NatsConnection } from "nats"
import type { BusMessage } from "../../contracts/bus.js"
import { followConnection } from "../../contracts/connection-watch.js"
import { unawaited } from "../../contracts/unawaited.js"
import { isAway } from "../../errors/errors.js"
import type { Cancel } from "../../time/clock.js"
import { Pace } from "../../time/pace.js"
import { systemClock } from "../../time/system-clock.js"
import { within } from "../../time/within.js"
import type { JobSource, SourceOptions } from "../contract/job-store.js"
import { ticketParts } from "../contract/ticket.js"
import { PullLane, WAITS } from "./pull-lane.js"
import type { Pulse } from "./pulse.js"

/** So many requests are under way at most. */
const LANES = 4
/** How long the server may take to say that none is ready, in ms: where a queue's limit is reached it says nothing. */
const SILENCE_MS = 100
/** How much shorter the first requests after a trouble wait at the server. */
const SOON = 1 / 10
/** Between two tries to have a consumer again, in ms. */
const PACE = { firstMs: 100, mostMs: 5_000 }

export interface JetStreamSourceOptions extends SourceOptions {
  readonly connection: NatsConnection
  readonly stream: string
  readonly consumer: string
  readonly leaseMs: number
  readonly pulse: Pulse
  /** Makes the consumer, if it is not there. */
  readonly ensure: () => Promise<void>
}

export class JetStreamSource implements JobSource {
  readonly leaseMs: number
  readonly #options: JetStreamSourceOptions
  readonly #pace = new Pace({ clock: systemClock, random: Math.random, ...PACE })
  readonly #unfollow: () => void
  #lanes: PullLane[] = []
  #looker: PullLane | undefined
  #endLook = () => {}
  #wanted = 0
  /** Whether the consumer has to be seen to before anything is asked for. */
  #state: "up" | "away" | "mending" | "closed" = "up"
  #cancelWatch: Cancel = () => {}
  /** Told of a trouble, and of nothing since: it is over when the server answers a request. */
  #isTroubled = false
  /** Resolves once all that was released has been heard. */
  #released: Promise<unknown> = Promise.resolve()

  constructor(options: JetStreamSourceOptions) {
    this.#options = options
    this.leaseMs = options.leaseMs
    this.#unfollow = followConnection(options.connection, (isUp) => this.#connection(isUp))
    this.#watch()
  }

  get asked(): number {
    return this.#askedOf(this.#lanes) + (this.#looker?.left ?? 0)
  }

  want(count: number): void {
    this.#wanted = count
    this.#ask()
  }

  async look(count: number): Promise<void> {
    // What waits for the queue's limit waits still.
    if (this.#state !== "up" || (this.#looker?.left ?? 0) > 0) return
    const ended = new Promise<void>((resolve) => {
      this.#endLook = resolve
    })
    try {
      this.#looker ??= this.#newLane(
        (message) => this.#found(message),
        () => this.#endLook(),
      )
      this.#looker.ask(count, true)
    } catch (error) {
      // With the others this look is over, too.
      this.#troubled(error)
    }
    await within(systemClock, SILENCE_MS, ended).catch(() => {})
  }

  release(): void {
    this.#wanted = 0
    const closed = Promise.all(this.#takenLanes().map((lane) => lane.close()))
    const before = this.#released
    this.#released = before.then(() => closed)
    unawaited(this.#released)
  }

  async close(): Promise<void> {
    if (this.#state === "closed") return
    this.#state = "closed"
    this.#unfollow()
    this.#cancelWatch()
    this.#pace.stop()
    this.release()
    await this.#released
  }

  #ask(): void {
    if (this.#state !== "up") return
    const missing = this.#wanted - this.#askedOf(this.#lanes)
    if (missing <= 0) return
    let lane = this.#lanes.find(({ left }) => left === 0)
    if (!lane && this.#lanes.length >= LANES) return
    try {
      lane ??= this.#nextLane()
      lane.ask(missing)
    } catch (error) {
      this.#troubled(error)
    }
  }

  #askedOf(lanes: readonly PullLane[]): number {
    return lanes.reduce((sum, { left }) => sum + left, 0)
  }

  #nextLane(): PullLane {
    const heard = (message: BusMessage) => {
      this.#wanted = Math.max(0, this.#wanted - 1)
      this.#heard(message)
    }
    const lane = this.#newLane(heard, () => this.#ask())
    this.#lanes.push(lane)
    return lane
  }

  #newLane(heard: (message: BusMessage) => void, ended: () => void): PullLane {
    const { connection, stream, consumer } = this.#options
    return new PullLane({
      ...{ connection, stream, consumer, heard },
      // After a trouble an answer is wanted soon.
      waitsMs: () => this.leaseMs * WAITS * (this.#isTroubled ? SOON : 1),
      ended: (trouble) => {
        if (trouble) return this.#troubled(trouble)
        this.#answered()
        ended()
      },
    })
  }

  #found(message: BusMessage): void {
    this.#heard(message)
    if (this.#looker?.left === 0) this.#endLook()
  }

  #heard({ subject, headers, data, reply: ticket = "" }: BusMessage): void {
    const parts = ticketParts(ticket)
    if (!parts) return
    this.#answered()
    const { deliveries, seq, storedMs, pending } = parts
    const after = this.#options.pulse.since
    const delivery = { subject, headers, data, ticket, seq, storedMs, deliveries, pending, after }
    this.#options.heard(delivery)
  }

  #connection(isUp: boolean): void {
    if (this.#state === "closed") return
    this.#dropLanes()
    if (isUp) this.#mend()
    else if (this.#state === "up") this.#state = "away"
  }

  #troubled(trouble: unknown): void {
    if (this.#state !== "up") return
    if (!isAway(trouble)) this.#tell(trouble)
    this.#mend()
  }

  /** Looks after the consumer until it is there, and asks anew. */
  #mend(): void {
    if (this.#state === "closed" || this.#state === "mending") return
    this.#state = "mending"
    this.#dropLanes()
    unawaited(this.#mended())
  }

  async #mended(): Promise<void> {
    while (await this.#pace.wait()) {
      try {
        await this.#options.ensure()
        break
      } catch (error) {
        this.#tell(error)
      }
    }
    if (this.#state !== "mending") return
    this.#pace.reset()
    this.#state = "up"
    this.#ask()
  }

  #tell(trouble: unknown): void {
    this.#isTroubled = true
    this.#options.told(trouble)
  }

  /** That the consumer is there says nothing: a server may take requests for jobs and be silent. */
  #answered(): void {
    if (!this.#isTroubled) return
    this.#isTroubled = false
    this.#options.told(undefined)
  }

  #dropLanes(): void {
    for (const lane of this.#takenLanes()) lane.drop()
    this.#endLook()
  }

  #takenLanes(): PullLane[] {
    const lanes = this.#looker ? [...this.#lanes, this.#looker] : this.#lanes
    this.#lanes = []
    this.#looker = undefined
    return lanes
  }

  #watch(): void {
    this.#cancelWatch = systemClock.after((this.leaseMs * WAITS) / 2, () => {
      if (this.#state === "closed") return
      if (this.#lanes.some((lane) => lane.isForgotten())) {
        this.#troubled(new Error("the server does not answer requests for jobs"))
      }
      // Whether the server is there another look tells.
      if (this.#looker?.isForgotten()) {
        this.#looker.drop()
        this.#looker = undefined
      }
      this.#watch()
    })
  }
}
