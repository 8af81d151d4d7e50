/**
 * The requests that one service of a member has in hand, from the call of the handler to the one answer
 * that each gets: its result, its error, a 504 when it took too long, or what `giveUp` says. An answer the
 * server would not let through (`max_payload`) becomes a 500 that says so.
 *
 * On the hot path: a handler that returns no promise is answered in the same turn and kept nowhere. The
 * others are kept in the order in which they began, which is the order of their deadlines, so one timer for
 * the first of them serves all. A handler that was given up may run on; it does not count as busy, and what
 * it returns is dropped.
 */
import type { BusMessage } from "../contracts/bus.js"
import type { RequestMeter } from "../contracts/meter.js"
import { unawaited } from "../contracts/unawaited.js"
import { payloadOf } from "../encoding/payload.js"
import { isPayloadTooLarge } from "../errors/errors.js"
import { AnswerTooLarge, HandlerTimeout } from "../errors/work-errors.js"
import { checkKind, waitMs } from "../options/known-options.js"
import {
  type Failure,
  failureOf,
  REIGN_OVER,
  REQUEST_HEADER,
  type Seal,
} from "../protocol/reply.js"
import { type Cancel, type Clock, monoMsOf } from "../time/clock.js"
import { isPromise } from "../time/promised.js"
import { within } from "../time/within.js"
import type { Job } from "./job.js"
import { TakenRequest } from "./taken-request.js"
import { Tally } from "./tally.js"

/** How long a handler may take, in ms, where nothing else is said. */
export const DEFAULT_HANDLER_TIMEOUT_MS = 30_000

export interface RequestOptions {
  readonly clock: Clock
  /** How long a handler may take before its signal fires and the requester gets a 504. Default 30,000 ms. */
  readonly handlerTimeoutMs?: number | undefined
  /** The server's max_payload in bytes. Where it is not given, the connection's own check decides. */
  readonly maxPayload?: number | undefined
  /** Told of each request. */
  readonly meter?: RequestMeter | undefined
}

/** The timeout, if a timer can hold it; throws BadInput otherwise. */
export function checkedHandlerTimeout(ms: number): number {
  checkKind("handler timeout", ms, waitMs)
  return ms
}

export class Requests {
  readonly tally: Tally
  readonly #clock: Clock
  readonly #timeoutMs: number
  readonly #maxPayload: number | undefined
  readonly #meter: RequestMeter | undefined
  readonly #inFlight = new Set<TakenRequest>()
  readonly #onEnd: () => void
  #sweep: Cancel | undefined
  #idle: (() => void)[] = []
  /** What some wait for, until it has all ended. */
  readonly #settling = new Set<{ readonly left: Set<TakenRequest>; readonly settled: () => void }>()

  /**
   * `onEnd` is called whenever a request that was in flight has ended. Throws BadInput for a timeout that no
   * timer can hold.
   */
  constructor(
    { clock, handlerTimeoutMs, maxPayload, meter }: RequestOptions,
    onEnd: () => void = () => {},
  ) {
    this.tally = new Tally(clock)
    this.#clock = clock
    this.#timeoutMs = checkedHandlerTimeout(handlerTimeoutMs ?? DEFAULT_HANDLER_TIMEOUT_MS)
    this.#maxPayload = maxPayload
    this.#meter = meter
    this.#onEnd = onEnd
  }

  /** Has `handler` do the work that `message` asks for, and answers in the name of `seal`. */
  take(message: BusMessage, handler: (job: Job) => unknown, seal: Seal): void {
    const request = new TakenRequest(message, seal, monoMsOf(this.#clock))
    this.tally.busy++
    this.#meter?.began()
    try {
      const result = handler(request)
      if (isPromise(result)) this.#wait(request, result)
      else this.#succeed(request, result)
    } catch (error) {
      this.#fail(request, failureOf(error))
    }
  }

  /** Turns the requester away: no handler is called. Throws what the connection throws. */
  refuse(message: BusMessage, failure: Failure, seal: Seal): void {
    this.#meter?.refused(failure.status)
    seal.refuse(message, failure)
  }

  /** Resolves once nothing is in flight, or after `graceMs`; says whether nothing is. */
  async idle(graceMs: number): Promise<boolean> {
    if (this.tally.busy > 0 && graceMs > 0) {
      const idle = new Promise<void>((resolve) => this.#idle.push(resolve))
      await within(this.#clock, graceMs, idle).catch(() => {})
    }
    return this.tally.busy === 0
  }

  /** Resolves once all that was sent before has come (`drained`), and what is in flight then has ended, or after `withinMs`. */
  async settle(drained: Promise<unknown> | undefined, withinMs: number): Promise<void> {
    const untilMs = this.#clock.now().monoMs + withinMs
    // Where the connection is gone the subscription is too.
    if (drained) await within(this.#clock, withinMs, drained).catch(() => {})
    const left = new Set(this.#inFlight)
    if (left.size === 0) return
    let settled = () => {}
    const all = new Promise<void>((resolve) => {
      settled = resolve
    })
    const settling = { left, settled }
    this.#settling.add(settling)
    await within(this.#clock, Math.max(0, untilMs - this.#clock.now().monoMs), all).catch(() => {})
    this.#settling.delete(settling)
  }

  /** Which of the requests with these ids (see REQUEST_HEADER) are in flight. */
  among(ids: ReadonlySet<string>): string[] {
    const all = [...this.#inFlight].map(({ headers }) => headers?.get(REQUEST_HEADER) ?? "")
    return all.filter((id) => ids.has(id))
  }

  /** Fires the signal of everything in flight; the handlers may still answer. */
  abort(reason: unknown): void {
    for (const request of [...this.#inFlight]) request.abort(reason)
  }

  /** Answers everything in flight with `failure` now, and fires its signals. */
  giveUp(failure: Failure, reason: unknown): void {
    for (const request of [...this.#inFlight]) {
      this.#fail(request, failure)
      request.abort(reason)
    }
  }

  /** Gives up the timer. To be called when nothing more will be taken, and nothing is in flight. */
  close(): void {
    this.#sweep?.()
    this.#sweep = undefined
  }

  #wait(request: TakenRequest, result: PromiseLike<unknown>): void {
    this.#inFlight.add(request)
    this.#sweep ??= this.#clock.after(this.#timeoutMs, () => this.#expire())
    const ended = result.then(
      (value) => this.#succeed(request, value),
      (error) => this.#fail(request, failureOf(error)),
    )
    unawaited(ended)
  }

  #expire(): void {
    this.#sweep = undefined
    const nowMs = this.#clock.now().monoMs
    for (const request of this.#inFlight) {
      const leftMs = request.beganMs + this.#timeoutMs - nowMs
      if (leftMs > 0) {
        this.#sweep = this.#clock.after(Math.ceil(leftMs), () => this.#expire())
        return
      }
      const late = new HandlerTimeout(this.#timeoutMs)
      this.#fail(request, { status: late.status, reason: late.message, outcome: "unknown" })
      request.abort(late)
    }
  }

  #succeed(request: TakenRequest, result: unknown): void {
    if (request.ended) return
    try {
      if (request.seal.holds()) this.#answer(request, result)
      else this.#fail(request, REIGN_OVER)
    } catch (error) {
      const tooLarge = isPayloadTooLarge(error)
      const cause = tooLarge ? new AnswerTooLarge(this.#maxPayload, { cause: error }) : error
      this.#fail(request, failureOf(cause))
    }
  }

  #answer(request: TakenRequest, result: unknown): void {
    const payload = payloadOf(result, "answer")
    // The connection checks this too, but not while it is being opened anew.
    if (this.#maxPayload !== undefined && payload.length > this.#maxPayload) {
      throw new AnswerTooLarge(this.#maxPayload)
    }
    request.seal.answer(request.message, payload)
    const ms = this.#end(request)
    this.tally.succeeded(ms)
    this.#meter?.ended(ms)
  }

  #fail(request: TakenRequest, failure: Failure): void {
    if (request.ended) return
    let told = failure
    try {
      if (!request.seal.holds()) told = REIGN_OVER
      request.seal.refuse(request.message, told)
    } catch {
      // The connection is closed: there is nobody left to tell.
    }
    const ms = this.#end(request)
    this.tally.erred(ms, `${told.status}: ${told.reason}`)
    this.#meter?.ended(ms, told.status)
  }

  /** Notes the end of `request`, once; returns how long it took, in ms. */
  #end(request: TakenRequest): number {
    request.ended = true
    this.tally.busy--
    if (this.#inFlight.delete(request)) this.#onEnd()
    for (const { left, settled } of this.#settling) {
      if (left.delete(request) && left.size === 0) settled()
    }
    if (this.tally.busy === 0 && this.#idle.length > 0) {
      for (const wake of this.#idle.splice(0)) wake()
    }
    return monoMsOf(this.#clock) - request.beganMs
  }
}
