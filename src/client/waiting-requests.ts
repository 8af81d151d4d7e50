/**
 * Requests that wait for an answer, for somebody to take them, or for the next leader: each is tried until there is an
 * answer or its time is over. Most are answered at once; all that those need is the first attempt.
 *
 * An attempt that was certainly not done is repeated, after a pause that grows from 4 to 64 ms and ends at once
 * when a new reign is announced. One that may have been done is repeated if the request is idempotent. Such is a request
 * that its leader doesn't have, after a change of leader or a long silence (see in-doubt.ts); and at once whatever is under
 * way when the connection is lost: its answer would never come. While there is none nothing is tried, for the client library would
 * lose it: what comes next is the connection, or the deadline. Whatever is repeated takes turns (see turns.ts).
 */
import { nuid } from "nats"
import type { Bus, BusMessage } from "../contracts/bus.js"
import { ConnectionWatch } from "../contracts/connection-watch.js"
import { unawaited } from "../contracts/unawaited.js"
import { withHeader } from "../encoding/headers.js"
import { ClientClosed, ConnectionLost, NotConnected } from "../errors/client-errors.js"
import { LeaderChanged, PayloadTooLarge } from "../errors/errors.js"
import { ReplyInbox } from "../inbox/reply-inbox.js"
import type { PoolNames } from "../protocol/names.js"
import { REQUEST_HEADER } from "../protocol/reply.js"
import type { Clock } from "../time/clock.js"
import { Turns } from "../time/turns.js"
import { Answer, termIn } from "./answer.js"
import { type FailedAttempt, failedAttemptIn, failedAttemptOf, tooLate } from "./failed-attempt.js"
import { RequestsInDoubt } from "./in-doubt.js"
import { Intermission } from "./intermission.js"
import {
  type Question,
  RequestAttempts,
  type RequestOwner,
  type Settling,
} from "./request-attempts.js"
import { TermWatch } from "./term-watch.js"

/** With less time left than this, in ms, nothing is tried any more: no answer in time would leave it unknown. */
const LAST_ATTEMPT_MS = 20
/** How long to wait for a first member to say that it is there, in ms. */
const PING_MS = 500

export interface WaitingRequestsOptions {
  readonly bus: Bus
  readonly names: PoolNames
  readonly clock: Clock
  readonly random: () => number
  readonly maxPayload: number
}

export class WaitingRequests {
  readonly #options: WaitingRequestsOptions
  readonly #owner: RequestOwner
  readonly #news: TermWatch
  /** Has those whose answer is awaited. */
  readonly #inbox: ReplyInbox
  /** Those between two attempts. */
  readonly #pausing = new Set<RequestAttempts>()
  readonly #inDoubt: RequestsInDoubt
  readonly #turns = new Turns()
  /** Before the numbers of what is asked of a leader: nobody else has the same. */
  readonly #idPrefix = `${nuid.next()}-`
  #ids = 0
  #isClosed = false
  readonly #intermission: Intermission
  readonly #connection: ConnectionWatch

  constructor(options: WaitingRequestsOptions) {
    const { bus, names, clock, random } = options
    this.#options = options
    this.#owner = {
      clock,
      random,
      answered: (request, message) => this.#answered(request, message),
      failed: (request, error) => this.#failed(request, error),
      aborted: (request, reason) => this.#giveUp(request, reason),
    }
    this.#news = new TermWatch(bus, names, () => this.#newReign())
    this.#inbox = new ReplyInbox(bus, clock, (those) => this.#inDoubt.settleLong(those))
    this.#inDoubt = new RequestsInDoubt({
      ...options,
      ...{ inbox: this.#inbox, news: this.#news, turns: this.#turns },
    })
    // From the beginning, for it may be lost before anything is asked.
    this.#connection = new ConnectionWatch(bus, {
      onLost: () => unawaited(this.#lose()),
      onBack: () => this.#wake(),
      onError: (error) => this.#inbox.refused(error),
    })
    this.#intermission = new Intermission(clock, this.#connection)
  }

  ask(question: Question): Promise<Answer> {
    return new Promise((resolve, reject) => this.#begin(question, { resolve, reject }))
  }

  /** Does `act` while nothing is under way; what is, is answered first, for as long as `withinMs`. */
  between(withinMs: number, act: () => Promise<void>): Promise<void> {
    return this.#intermission.hold(this.#inbox.emptied(), withinMs, act)
  }

  /** Gives up all requests of a batch. */
  giveUp(batch: object, reason: unknown): void {
    for (const request of [...this.#inbox.awaiting, ...this.#pausing]) {
      if (!(request instanceof RequestAttempts) || request.question.batch !== batch) continue
      this.#giveUp(request, reason)
    }
  }

  close(): void {
    this.#isClosed = true
    this.#connection.close()
    this.#inDoubt.close()
    this.#inbox.failAll(() => new ClientClosed())
    for (const request of this.#pausing) request.giveUp(new ClientClosed())
    this.#inbox.close()
    this.#news.close()
  }

  #begin(question: Question, settling: Settling): void {
    const { names, maxPayload } = this.#options
    const { payload, toLeader } = question
    if (this.#isClosed) throw new ClientClosed()
    if (payload.length > maxPayload) throw new PayloadTooLarge(payload.length, maxPayload)
    if (toLeader) this.#news.listen()
    const subject = toLeader ? names.leader : names.work
    const request = new RequestAttempts(question, subject, this.#owner, settling)
    if (this.#intermission.obstacle) unawaited(this.#goOn(request))
    else this.#attempt(request)
  }

  #attempt(request: RequestAttempts): void {
    const { payload, headers, toLeader } = request.question
    request.reign = this.#news.reign
    request.id = toLeader ? `${this.#idPrefix}${++this.#ids}` : undefined
    if (toLeader) this.#inDoubt.sent(request)
    try {
      const sent = request.id ? withHeader(headers, REQUEST_HEADER, request.id) : headers
      this.#inbox.send(request, payload, sent)
    } catch (error) {
      this.#failed(request, error)
    }
  }

  #answered(request: RequestAttempts, message: BusMessage): void {
    try {
      const failed =
        failedAttemptIn(message, this.#options.names.pool) ?? this.#stale(message, request)
      if (failed) this.#repeat(request, failed)
      else request.resolve(new Answer(message, request.ms))
    } catch (error) {
      // Headers that nobody can read.
      this.#failed(request, error)
    }
  }

  #failed(request: RequestAttempts, error: unknown): void {
    const { names, maxPayload } = this.#options
    const { payload, timeoutMs } = request.question
    const asked = { pool: names.pool, subject: request.subject, payload, maxPayload, timeoutMs }
    this.#repeat(request, failedAttemptOf(error, asked))
  }

  #repeat(request: RequestAttempts, failed: FailedAttempt): void {
    const { toLeader } = request.question
    if (toLeader && failed.outcome === "not-done") this.#news.vacant(request.reign)
    unawaited(this.#goOn(request, failed))
  }

  /** From an attempt that failed to the next one, or to the end of the request. */
  async #goOn(request: RequestAttempts, failed?: FailedAttempt): Promise<void> {
    this.#pausing.add(request)
    try {
      if (failed) await this.#afterFailure(request, failed)
      while (this.#intermission.obstacle) await this.#cleared(request, this.#intermission.obstacle)
      if (request.givenUp) throw request.givenUp.reason
    } catch (error) {
      return request.reject(error)
    } finally {
      this.#pausing.delete(request)
    }
    this.#attempt(request)
  }

  /** Resolves when it may be repeated; throws what it ends with if it may not. */
  async #afterFailure(request: RequestAttempts, failed: FailedAttempt): Promise<void> {
    const { error, outcome, isDeserted } = failed
    if (outcome === "final" || (outcome === "unknown" && !request.question.isIdempotent))
      throw error
    if (isDeserted && !request.isInhabited) {
      const isThere = await this.#isAnybodyThere(request)
      if (isThere === false) throw error
      request.isInhabited = isThere ?? false
    }
    // Who leads next may be known by now.
    await request.pause(this.#news.isPast(request.reign))
    const turn = this.#turns.take()
    if (turn) await request.until(turn)
    if (request.leftMs < LAST_ATTEMPT_MS)
      throw tooLate(this.#options.names.pool, request.question, failed)
    if (outcome === "unknown") request.doubt = error
  }

  /** Resolves when this is over; throws NotConnected, or what it is in doubt for, when that is too late. */
  async #cleared(request: RequestAttempts, obstacle: Promise<void>): Promise<void> {
    await request.untilDeadline(obstacle)
    const turn = this.#turns.take()
    if (turn) await request.until(turn)
    if (request.leftMs < LAST_ATTEMPT_MS) throw request.doubt ?? new NotConnected(request.subject)
  }

  /** Whether the pool has any member, even if none takes work at the moment; undefined if the connection was lost. */
  async #isAnybodyThere(request: RequestAttempts): Promise<boolean | undefined> {
    const timeoutMs = Math.max(1, Math.min(PING_MS, request.leftMs))
    const subject = `$SRV.PING.${this.#options.names.pool}`
    const asked = this.#inbox.request(subject, "", timeoutMs).then(
      () => true,
      (error) => (error instanceof ConnectionLost ? undefined : false),
    )
    return request.until(asked)
  }

  #giveUp(request: RequestAttempts, reason: unknown): void {
    if (this.#inbox.forget(request)) request.reject(reason)
    else request.giveUp(reason)
  }

  /** The answers to what is under way will never come. */
  async #lose(): Promise<void> {
    for (const { token } of [...this.#inbox.awaiting]) {
      const turn = this.#turns.take()
      if (turn) await turn
      this.#inbox.fail(token, ({ subject }) => new ConnectionLost(subject))
    }
  }

  #wake(): void {
    for (const request of this.#pausing) request.wake()
  }

  /** What is wrong with an answer, if it comes from the past. */
  #stale(message: BusMessage, { reign, question }: RequestAttempts): FailedAttempt | undefined {
    const term = question.toLeader ? termIn(message) : undefined
    if (term === undefined || this.#news.takes(term, reign)) return undefined
    const error = new LeaderChanged(this.#options.names.pool, this.#news.term)
    return { error, outcome: "unknown" }
  }

  #newReign(): void {
    this.#wake()
    this.#inDoubt.settle()
  }
}
