/**
 * Where the answers to all requests of a client arrive: one subject, one subscription, a table of who waits for what, and
 * one timer for all of their deadlines. So a request costs an entry in a table and a message.
 *
 * Who waits is told once: of the answer, or why there is none. Until then it can be forgotten; what comes after that goes
 * nowhere. Nothing is left behind once nobody waits any more, but for the subscription.
 */
import {
  ClosedConnectionError,
  createInbox,
  DrainingConnectionError,
  type MsgHdrs,
  NoRespondersError,
  TimeoutError,
} from "nats"
import type { Bus, BusMessage, BusSubscription } from "../contracts/bus.js"
import { unawaited } from "../contracts/unawaited.js"
import { fieldOf } from "../errors/thrown.js"
import { listen } from "../protocol/listening.js"
import { Alarm, type Clock, monoMsOf } from "../time/clock.js"
import { MOST_A_TURN } from "../time/turns.js"

/** One who waits for an answer. Neither function may throw. */
export interface Awaiting {
  /** Where the request was sent. */
  readonly subject: string
  /** When it is over, on the monotonic clock. */
  readonly deadlineMs: number
  /** When it is noted as one that has waited for long, on the same clock; undefined: never. */
  longAtMs?: number | undefined
  /** Its number in the table, for as long as it waits; 0 while it doesn't. */
  token: number
  answered(message: BusMessage): void
  /** With NoRespondersError if nobody listened, TimeoutError at the deadline, or what else was the reason. */
  failed(error: unknown): void
}

export class ReplyInbox {
  readonly #bus: Bus
  readonly #clock: Clock
  readonly #prefix: string
  readonly #onLong: (those: readonly Awaiting[]) => void
  readonly #awaiting = new Map<number, Awaiting>()
  #lastToken = 0
  #onEmptied: (() => void)[] = []
  #subscription: BusSubscription | undefined
  /** For the earliest of what was due since it was set. */
  readonly #alarm: Alarm

  /** `onLong` is told of those that have waited for long; each is told of once, unless it has another `longAtMs` by then. */
  constructor(bus: Bus, clock: Clock, onLong: (those: readonly Awaiting[]) => void) {
    this.#bus = bus
    this.#clock = clock
    this.#onLong = onLong
    this.#alarm = new Alarm(clock, () => this.#expire())
    this.#prefix = `${newInbox(bus)}.`
  }

  /** Those who wait, the longest first. */
  get awaiting(): Iterable<Awaiting> {
    return this.#awaiting.values()
  }

  /** Sends a request, and has `who` wait for its answer. Throws what the connection throws; then nobody waits. */
  send(who: Awaiting, payload: Uint8Array | string, headers: MsgHdrs | undefined): void {
    // What would still be sent, but not answered.
    if (this.#bus.isDraining?.()) throw new DrainingConnectionError()
    this.#subscription ??= this.#listen()
    who.token = ++this.#lastToken
    this.#awaiting.set(who.token, who)
    const reply = `${this.#prefix}${who.token}`
    try {
      this.#bus.publish(who.subject, payload, headers ? { headers, reply } : { reply })
    } catch (error) {
      this.forget(who)
      throw error
    }
    this.#alarm.setTo(nextOf(who))
  }

  /** The same for what is asked once, and needs no more than a promise. */
  request(
    subject: string,
    payload: Uint8Array | string,
    timeoutMs: number,
    headers?: MsgHdrs,
  ): Promise<BusMessage> {
    return new Promise((answered, failed) => {
      const deadlineMs = monoMsOf(this.#clock) + timeoutMs
      this.send({ subject, deadlineMs, token: 0, answered, failed }, payload, headers)
    })
  }

  /** Has `who` wait no more; false if it doesn't. */
  forget(who: Awaiting): boolean {
    const waited = this.#awaiting.delete(who.token)
    who.token = 0
    if (this.#awaiting.size > 0) return waited
    this.#alarm.cancel()
    for (const resolve of this.#onEmptied.splice(0)) resolve()
    return waited
  }

  /** Resolves when nobody waits. */
  async emptied(): Promise<void> {
    if (this.#awaiting.size > 0) await new Promise<void>((resolve) => this.#onEmptied.push(resolve))
  }

  /** Tells who waits under `token`, if anybody still does, that there will be no answer. */
  fail(token: number, errorFor: (who: Awaiting) => unknown): void {
    const who = this.#awaiting.get(token)
    if (!who) return
    this.forget(who)
    who.failed(errorFor(who))
  }

  /** The same for all who wait. */
  failAll(errorFor: (who: Awaiting) => unknown): void {
    for (const token of [...this.#awaiting.keys()]) this.fail(token, errorFor)
  }

  /** Tells those whose request the server refused, by what it says of that. */
  refused(error: unknown): void {
    if (fieldOf(error, "operation") !== "publish") return
    const refused = fieldOf(error, "subject")
    for (const { token, subject } of [...this.#awaiting.values()]) {
      if (subject === refused) this.fail(token, () => error)
    }
  }

  /** Hears no answer any more. */
  close(): void {
    this.#subscription?.unsubscribe()
    this.#subscription = undefined
  }

  #listen(): BusSubscription {
    const subscription = listen(this.#bus, `${this.#prefix}*`, (message) => this.#heard(message), {
      // The server doesn't let this user hear what is said to it.
      onProblem: (problem) => this.failAll(() => problem),
    })
    // Refused, drained, or closed with its connection: no answer comes, and who asks next needs another one.
    const ended = () => {
      if (this.#subscription !== subscription) return
      this.#subscription = undefined
      this.failAll(() => new ClosedConnectionError())
    }
    unawaited(subscription.closed?.then(ended))
    return subscription
  }

  #heard(message: BusMessage): void {
    const who = this.#awaiting.get(Number(message.subject.slice(this.#prefix.length)))
    if (!who) return
    this.forget(who)
    if (isFromServer(message)) who.failed(new NoRespondersError(who.subject))
    else who.answered(message)
  }

  /** Tells whose deadline has passed; if those are many, some of them now and the others in a later turn. */
  #expire(): void {
    const nowMs = this.#clock.now().monoMs
    const long: Awaiting[] = []
    let told = 0
    for (const who of this.#awaiting.values()) {
      if (who.deadlineMs <= nowMs && told < MOST_A_TURN) {
        told += 1
        this.fail(who.token, () => new TimeoutError())
      } else if (who.longAtMs !== undefined && who.longAtMs <= nowMs) {
        who.longAtMs = undefined
        long.push(who)
      }
    }
    if (long.length > 0) this.#onLong(long)
    let next = Number.POSITIVE_INFINITY
    for (const who of this.#awaiting.values()) next = Math.min(next, nextOf(who))
    if (next < Number.POSITIVE_INFINITY) this.#alarm.setTo(next)
  }
}

/** When it has to be looked at again. */
function nextOf({ deadlineMs, longAtMs }: Awaiting): number {
  return longAtMs === undefined ? deadlineMs : Math.min(deadlineMs, longAtMs)
}

/** Whether it is the server's word that nobody listens. */
function isFromServer({ data, headers }: BusMessage): boolean {
  return data.length === 0 && headers?.code === 503
}

/** A subject for answers over `bus`; it begins as the connection was told to, for a user may be permitted to hear those alone. */
export function newInbox(bus: Bus): string {
  const { options } = bus as { options?: { inboxPrefix?: unknown } }
  const prefix = options?.inboxPrefix
  return createInbox(typeof prefix === "string" ? prefix : undefined)
}
