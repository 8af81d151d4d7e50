/**
 * One request for jobs at a time, on an inbox of its own, so that it is known how many of it are still to come. It ends
 * when all have come, when the server says that no more will, or when the server is not heard of any more.
 */

import { type NatsConnection, nanos } from "nats"
import type { BusMessage, BusSubscription } from "../../contracts/bus.js"
import { inDomain } from "../../contracts/js-domain.js"
import { newInbox } from "../../inbox/reply-inbox.js"
import { listen } from "../../protocol/listening.js"

/**
 * How long a request waits at the server, as a share of the lease. A worker that stands still must have none left there when
 * the leases of its jobs run out, which is two thirds of one later at the earliest: it would be handed them again.
 */
export const WAITS = 1 / 2
/** Nothing is wrong: there are none, or the request has waited long enough. */
const NOTHING_CAME = new Set([404, 408])
/** After so many looks within which nothing was heard a request is forgotten. */
const LOOKS = 3

export interface PullLaneOptions {
  readonly connection: NatsConnection
  readonly stream: string
  readonly consumer: string
  /** How long the next request waits at the server, in ms. */
  readonly waitsMs: () => number
  readonly heard: (message: BusMessage) => void
  /** The request is over, and not all have come. With what was wrong, if anything was. */
  readonly ended: (trouble?: Error) => void
}

export class PullLane {
  readonly #options: PullLaneOptions
  readonly #inbox: string
  readonly #subscription: BusSubscription
  #left = 0
  #looks = 0
  #isClosed = false

  constructor(options: PullLaneOptions) {
    this.#options = options
    const { connection } = options
    this.#inbox = newInbox(connection)
    this.#subscription = listen(connection, this.#inbox, (message) => this.#arrived(message), {
      onProblem: (problem) => this.#end(problem),
    })
  }

  /** How many are still to come. */
  get left(): number {
    return this.#left
  }

  /**
   * Asks for `count`, if nothing is under way; with `isNow` for those alone that are ready now. Throws what the connection
   * throws.
   */
  ask(count: number, isNow = false): void {
    const { connection, stream, consumer, waitsMs } = this.#options
    const waits = isNow ? { no_wait: true } : { expires: nanos(Math.round(waitsMs())) }
    const request = { batch: count, ...waits }
    this.#looks = 0
    this.#left = count
    connection.publish(requestsOf(connection, stream, consumer), JSON.stringify(request), {
      reply: this.#inbox,
    })
  }

  /**
   * Whether it waits, and the server has forgotten it, which would have said by now that it waited in vain. To be asked twice
   * while one waits: by count and not by the clock, for a process that stood still has not read what came meanwhile.
   */
  isForgotten(): boolean {
    if (this.#left === 0) return false
    this.#looks += 1
    return this.#looks > LOOKS
  }

  /** Whatever still comes is not heard. */
  drop(): void {
    this.#isClosed = true
    this.#left = 0
    this.#subscription.unsubscribe()
  }

  /** Asks for no more; resolves once all that was on its way has been heard. */
  async close(): Promise<void> {
    await this.#subscription.drain().catch(() => {
      // The connection is gone, and the subscription with it.
    })
    this.#isClosed = true
    this.#left = 0
  }

  #arrived(message: BusMessage): void {
    if (this.#isClosed) return
    this.#looks = 0
    if (message.reply?.startsWith("$JS.ACK.")) {
      this.#left = Math.max(0, this.#left - 1)
      this.#options.heard(message)
      return
    }
    const { code = 0, description = "" } = message.headers ?? {}
    const isFine = NOTHING_CAME.has(code) || /batch completed/i.test(description)
    this.#end(isFine ? undefined : new Error(`${code} ${description || "no answer"}`))
  }

  #end(trouble?: Error): void {
    if (this.#isClosed) return
    this.#left = 0
    this.#options.ended(trouble)
  }
}

/** Where a consumer takes requests for what it hands out. */
export function requestsOf(connection: NatsConnection, stream: string, consumer: string): string {
  const { domain } = inDomain(connection)
  return `$JS${domain ? `.${domain}` : ""}.API.CONSUMER.MSG.NEXT.${stream}.${consumer}`
}
