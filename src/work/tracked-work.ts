/**
 * Tracked work: what only the leader may answer. A subscription on `<pool>.leader`, one for each reign (see
 * tracked-subscription.ts), which goes through
 *
 *   open      a claim is on its way: what arrives is held
 *   begin     the claim was acknowledged: what was held is answered, then what arrives
 *   refuse    the reign is ending: what arrives gets a 409 that says it was not done
 *   drain     unsubscribed, and what the server had sent before gets the same 409
 *   close     somebody else may lead from now on
 *
 * or, from any of them, to its end without a word: `abandon` (the claim was refused) and `lapse` (the lease
 * ran out). Then somebody else may have a copy of whatever arrives, so it is dropped silently: to say "not
 * done" of it would be a guess. Of what was held in vain nobody else may have a copy, though: its requester learns,
 * after a while for the true leader to answer first, that the outcome is unknown.
 *
 * Each request compares once with the lease, for a process that was frozen doesn't know yet that its reign is over. A
 * result is sent only while nobody else can lead; otherwise the requester learns that the outcome is unknown.
 *
 * On `<pool>.held` the leader says which of certain requests it has in hand, for a requester that doesn't know whether
 * they reached this leader, the last one, or one that claimed in between.
 */
import type { BusMessage } from "../contracts/bus.js"
import { unawaited } from "../contracts/unawaited.js"
import { WorkerStopped } from "../errors/work-errors.js"
import type { Leadership } from "../lease/leadership.js"
import { holds } from "../lease/lease.js"
import { type Failure, REIGN_OVER, Seal } from "../protocol/reply.js"
import type { Instant } from "../time/clock.js"
import type { Job } from "./job.js"
import { type RequestOptions, Requests } from "./requests.js"
import type { Tally } from "./tally.js"
import { type TrackedPlace, TrackedSubscription } from "./tracked-subscription.js"

/**
 * How long the true leader has to answer what was held here in vain, in ms. A client asks that leader for it, so only other
 * requesters wait so long.
 */
const TRUE_LEADER_MS = 1_000

const HELD_IN_VAIN: Failure = {
  status: 409,
  reason: "somebody else leads: the request may or may not have been done",
  outcome: "unknown",
}

const NOT_LEADING: Failure = {
  status: 409,
  reason: "not the leader any more: the request was not done",
  outcome: "not-done",
}

export interface TrackedWorkOptions extends RequestOptions, TrackedPlace {
  /** What does the work; what it returns is the answer. */
  readonly handler: (job: Job, leadership: Leadership) => unknown
}

export class TrackedWork {
  readonly #options: TrackedWorkOptions
  readonly #requests: Requests
  #opened: TrackedSubscription | undefined

  /** Throws BadInput for a handler timeout that cannot work. */
  constructor(options: TrackedWorkOptions) {
    this.#options = options
    this.#requests = new Requests(options)
  }

  /** What it has done so far, in all reigns. */
  get tally(): Tally {
    return this.#requests.tally
  }

  /** Whether anything is in flight. */
  get isBusy(): boolean {
    return this.#requests.tally.busy > 0
  }

  /**
   * Subscribes, and holds what arrives, beside what it holds of a claim that was not given up. To be called just before
   * the claim is sent, on the same connection.
   */
  open(): void {
    if (this.#opened?.state === "holding") return
    this.abandon()
    this.#opened = new TrackedSubscription(
      this.#options,
      (opened, message) => this.#arrived(opened, message),
      (opened, message) => this.#asked(opened, message),
    )
  }

  /**
   * Unsubscribes on `bus` (its own connection), while it leads, and still takes what was on its way. Resolves when all that
   * was answered, or after `withinMs`: then the connection can be opened anew, or closed, and nothing is lost with it.
   */
  async withdraw(withinMs: number, bus = this.#options.bus): Promise<void> {
    const opened = this.#opened
    if (opened?.state === "serving") await this.#requests.settle(opened.leave(bus), withinMs)
  }

  /** Subscribes on `bus` (its own connection), again or as well, if it still leads. */
  comeBack(bus = this.#options.bus): void {
    if (this.#opened?.state === "serving") this.#opened.listen(bus)
  }

  /** To be told when its own connection was lost. */
  connectionLost(): void {
    this.#opened?.regroup()
  }

  /** The claim was acknowledged: answers what was held, and from now on what arrives. */
  begin(leadership: Leadership): void {
    const opened = this.#opened
    if (opened?.state !== "holding") return
    const { member, handler } = this.#options
    const { signal } = leadership
    const ended = () => this.#requests.abort(signal.reason)
    signal.addEventListener("abort", ended, { once: true })
    opened.reign = {
      leadership,
      seal: new Seal(member, leadership),
      handler: (job) => handler(job, leadership),
      forget: () => signal.removeEventListener("abort", ended),
    }
    opened.state = "serving"
    for (const message of opened.release()) this.#arrived(opened, message)
  }

  /** Takes no more: what arrives gets a 409 that says it was not done. What is in flight goes on. */
  refuse(): void {
    const opened = this.#opened
    if (opened?.reign === undefined) return
    opened.state = "refusing"
    // Learns how long that is certain, for a reign that is handed on doesn't say so any more.
    this.#refuses(opened)
  }

  /**
   * Resolves once nothing is in flight. What is not done after `graceMs` is answered with a 409 that says it
   * may or may not have been done. Says whether all was done in time.
   */
  async finish(graceMs: number): Promise<boolean> {
    const done = await this.#requests.idle(graceMs)
    if (!done) this.#giveUp()
    return done
  }

  /**
   * Unsubscribes, and resolves once all that the server had sent before got its 409. Who is told only then that the reign
   * is over can't be heard of before those answers.
   */
  async drain(): Promise<void> {
    await this.#opened?.drain()
  }

  /** Unsubscribes; what the server had sent before still gets the 409. Gives up what is in flight. */
  close(): void {
    if (this.#opened?.reign === undefined) {
      this.abandon()
      return
    }
    this.refuse()
    unawaited(this.drain())
    this.#giveUp()
    this.#opened = undefined
  }

  /** The claim was refused: unsubscribes, and does nothing of what was held, for the true leader may have it too. */
  abandon(): void {
    const opened = this.#opened
    this.#opened = undefined
    if (opened === undefined) return
    this.#giveUp(opened)
    this.#refuseHeld(opened)
    // The server may have sent more before it hears that nobody listens here, and to nobody else.
    unawaited(opened.drain().then(() => this.#refuseHeld(opened)))
  }

  #refuseHeld(opened: TrackedSubscription): void {
    const held = opened.release()
    if (held.length === 0) return
    const { clock, member } = this.#options
    const seal = new Seal(member)
    clock.after(TRUE_LEADER_MS, () => {
      for (const message of held) this.#refuse(message, HELD_IN_VAIN, seal)
    })
  }

  #refuse(message: BusMessage, failure: Failure, seal: Seal): void {
    try {
      this.#requests.refuse(message, failure, seal)
    } catch {
      // The connection is closed: there is nobody left to tell.
    }
  }

  /** The lease ran out: unsubscribes, and tells everything in flight at once that its outcome is unknown. */
  lapse(): void {
    const opened = this.#opened
    this.#opened = undefined
    if (opened === undefined) return
    opened.release()
    opened.unsubscribe()
    this.#giveUp(opened)
  }

  #giveUp(opened = this.#opened): void {
    opened?.reign?.forget()
    this.#requests.giveUp(
      REIGN_OVER,
      opened?.reign?.leadership.signal.reason ?? new WorkerStopped(),
    )
    this.#requests.close()
  }

  #arrived(opened: TrackedSubscription, message: BusMessage): void {
    if (opened.state === "holding") opened.hold(message)
    else if (opened.reign === undefined) return
    else if (opened.state === "serving") {
      const { leadership, seal, handler } = opened.reign
      if (leadership.isLeading()) this.#requests.take(message, handler, seal)
    } else if (this.#refuses(opened)) this.#refuse(message, NOT_LEADING, opened.reign.seal)
  }

  /** Whether "not done" is certain: once the lease, which may still be renewed, is over somebody else may have a copy. */
  #refuses(opened: TrackedSubscription): boolean {
    const now = this.#options.clock.now()
    const leftMs = opened.reign?.leadership.remainingMs() ?? 0
    if (leftMs > 0) opened.refusesUntil = later(now, leftMs)
    return opened.refusesUntil !== undefined && holds(opened.refusesUntil, now)
  }

  /** Which of some requests, an id a line, are in hand. Who doesn't lead is silent: the leader may have them. */
  #asked({ reign }: TrackedSubscription, message: BusMessage): void {
    if (!reign?.seal.holds()) return
    const ids = new TextDecoder().decode(message.data).split("\n")
    reign.seal.answer(message, this.#requests.among(new Set(ids)).join("\n"))
  }
}

function later({ monoMs, wallMs }: Instant, ms: number): Instant {
  return { monoMs: monoMs + ms, wallMs: wallMs + ms }
}
