/**
 * Simple work: what any member of a pool may answer. A queue group on the pool's subject spreads it.
 *
 * Back pressure. The server picks a member of a queue group blindly, so a full member leaves the group and
 * comes back when it has room: nobody queues behind a busy member while another is idle. When all have left,
 * the server itself says `no responders` at once. What reached a member between its last free place and the
 * moment the server knew that it left is passed on: the member sends it to the group again, which it is not
 * in any more, and hands the answer back. If nobody is left there, or three members have passed it on
 * already, the requester gets a 429 that says it was not done. Nothing is ever held: a requester either has
 * a handler working for it or learns within a round trip that it has none. The same way serves a member
 * that pauses or stops.
 *
 * A member that was full comes back when a tenth of its places is free, so that at full load it does not
 * leave and join around every single request. A handler that blocks the event loop can't be seen as busy
 * while it does: give it threads.
 */
import type { Bus, BusMessage, BusSubscription } from "../contracts/bus.js"
import { unawaited } from "../contracts/unawaited.js"
import { withHeader } from "../encoding/headers.js"
import { isNoResponders, reasonOf } from "../errors/errors.js"
import { errorOf } from "../errors/thrown.js"
import { WorkerStopped } from "../errors/work-errors.js"
import { checkKind, wholeFrom } from "../options/known-options.js"
import { listen } from "../protocol/listening.js"
import type { MemberLabel } from "../protocol/member.js"
import { QUEUE_GROUP } from "../protocol/names.js"
import { HOPS_HEADER, Seal } from "../protocol/reply.js"
import { within } from "../time/within.js"
import type { Job } from "./job.js"
import { DEFAULT_HANDLER_TIMEOUT_MS, type RequestOptions, Requests } from "./requests.js"
import type { Tally } from "./tally.js"

/** How many requests a member has in flight before it is full, where nothing else is said. */
export const DEFAULT_CONCURRENCY = 100
/** How many full members may pass a request on. */
const MOST_HOPS = 3
/** The share of its places that a full member waits for before it takes more. */
const ROOM = 0.1

export interface SimpleWorkOptions extends RequestOptions {
  readonly bus: Bus
  readonly member: MemberLabel
  /** The subject, which is the pool's name. */
  readonly subject: string
  /** What does the work; what it returns is the answer. */
  readonly handler: (job: Job) => unknown
  /** How many requests may be in flight. Default 100. */
  readonly concurrency?: number | undefined
  /** Told of what goes wrong outside of any request, e.g. a subscription that the server refuses. */
  readonly onProblem?: (problem: Error) => void
}

/** The concurrency, if it can work; throws BadInput otherwise. */
export function checkedConcurrency(count: number): number {
  checkKind("concurrency", count, wholeFrom(1))
  return count
}

export class SimpleWork {
  readonly #options: SimpleWorkOptions
  readonly #requests: Requests
  readonly #seal: Seal
  readonly #concurrency: number
  /** In flight at most, for a full member to come back. */
  readonly #room: number
  #state: "new" | "open" | "paused" | "stopped" = "new"
  /** The connections on which it takes work, while it has room. */
  readonly #buses: Set<Bus>
  /** Those on which it is in the queue group. */
  readonly #joined = new Map<Bus, BusSubscription>()
  readonly #leaving = new Set<Promise<void>>()
  readonly #passing = new Set<Promise<void>>()

  /** Throws BadInput for a concurrency or a handler timeout that cannot work. */
  constructor(options: SimpleWorkOptions) {
    this.#options = options
    this.#concurrency = checkedConcurrency(options.concurrency ?? DEFAULT_CONCURRENCY)
    this.#room = this.#concurrency - Math.ceil(this.#concurrency * ROOM)
    this.#seal = new Seal(options.member)
    this.#buses = new Set([options.bus])
    this.#requests = new Requests(options, () => this.#roomMade())
  }

  /** What it has done so far. */
  get tally(): Tally {
    return this.#requests.tally
  }

  /** Whether it takes work: it was opened, is not paused, and has room. */
  isTaking(): boolean {
    return this.#joined.size > 0
  }

  /** Joins the queue group. Flush the bus before telling anybody that the member is ready. */
  open(): void {
    if (this.#state !== "new") return
    this.#state = "open"
    this.#join()
  }

  /**
   * Leaves the queue group on `bus` (its own connection), and still takes what was on its way. Resolves when all that was
   * answered, or after `withinMs`: then the connection can be opened anew, or closed, and nothing is lost with it.
   */
  async withdraw(withinMs: number, bus = this.#options.bus): Promise<void> {
    if (!this.#buses.delete(bus)) return
    const subscription = this.#joined.get(bus)
    await this.#requests.settle(subscription?.drain(), withinMs)
    if (this.#joined.get(bus) === subscription) this.#joined.delete(bus)
  }

  /** Takes work on `bus` (its own connection), again or as well. */
  comeBack(bus = this.#options.bus): void {
    this.#buses.add(bus)
    if (this.isTaking()) this.#join()
    else this.#roomMade()
  }

  /** Leaves the queue group; what is in flight goes on. */
  pause(): void {
    if (this.#state !== "open") return
    this.#state = "paused"
    this.#leave()
  }

  /** Takes work again, after `pause`. */
  resume(): void {
    if (this.#state !== "paused") return
    this.#state = "open"
    this.#roomMade()
  }

  /**
   * Leaves the queue group for good and resolves once all in flight was answered. What is not done after
   * `graceMs` is answered with a 500 that says it may or may not have been done, and its signal fires.
   */
  async stop(graceMs: number): Promise<void> {
    this.#state = "stopped"
    this.#leave()
    const { clock } = this.#options
    const untilMs = clock.now().monoMs + graceMs
    const leftMs = () => Math.max(0, untilMs - clock.now().monoMs)
    await within(clock, leftMs(), Promise.all(this.#leaving)).catch(() => {})
    await this.#requests.idle(leftMs())
    await within(clock, leftMs(), Promise.all(this.#passing)).catch(() => {})
    const stopped = new WorkerStopped()
    const failure = { status: stopped.status, reason: stopped.message, outcome: "unknown" } as const
    this.#requests.giveUp(failure, stopped)
    this.#requests.close()
  }

  #join(): void {
    const { subject, onProblem } = this.#options
    const options = { queue: QUEUE_GROUP, onProblem, seal: this.#seal }
    for (const bus of this.#buses) {
      if (this.#joined.has(bus)) continue
      try {
        const joined = listen(bus, subject, (message) => this.#arrived(message), options)
        this.#joined.set(bus, joined)
      } catch (error) {
        // Closed in the meantime. Whoever answered its last request must not be troubled with that.
        onProblem?.(errorOf(error))
      }
    }
  }

  /** Leaves the queue group. Drains: what the server has sent already still comes, and is passed on. */
  #leave(): void {
    for (const subscription of this.#joined.values()) {
      const left = subscription.drain().catch(() => {
        // The connection is gone, and the subscription with it.
      })
      this.#leaving.add(left)
      unawaited(left.finally(() => this.#leaving.delete(left)))
    }
    this.#joined.clear()
  }

  #roomMade(): void {
    if (this.isTaking() || this.#state !== "open") return
    if (this.tally.busy <= this.#room) this.#join()
  }

  #arrived(message: BusMessage): void {
    if (!this.isTaking()) {
      this.#passOn(message)
      return
    }
    this.#requests.take(message, this.#options.handler, this.#seal)
    if (this.#state === "open" && this.tally.busy >= this.#concurrency) this.#leave()
  }

  #passOn(message: BusMessage): void {
    const passed = this.#pass(message).catch((error) => this.#options.onProblem?.(error))
    this.#passing.add(passed)
    unawaited(passed.finally(() => this.#passing.delete(passed)))
  }

  async #pass(message: BusMessage): Promise<void> {
    const { bus, subject, handlerTimeoutMs: timeout = DEFAULT_HANDLER_TIMEOUT_MS } = this.#options
    const hops = Number(message.headers?.get(HOPS_HEADER) ?? 0) + 1
    const full = { status: 429, reason: "full: try again", outcome: "not-done" } as const
    if (!(hops <= MOST_HOPS)) {
      this.#requests.refuse(message, full, this.#seal)
      return
    }
    const hdrs = withHeader(message.headers, HOPS_HEADER, String(hops))
    try {
      const answer = await bus.request(subject, message.data, { timeout, headers: hdrs })
      message.respond(answer.data, answer.headers && { headers: answer.headers })
    } catch (error) {
      const failed = { status: 500, reason: reasonOf(error), outcome: "unknown" } as const
      this.#requests.refuse(message, isNoResponders(error) ? full : failed, this.#seal)
    }
  }
}
