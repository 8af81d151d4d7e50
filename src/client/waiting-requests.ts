/**
 * Requests that wait for an answer, for somebody to take them, or for the next leader: each is tried until there is an
 * answer or its time is over.
 *
 * An attempt that was certainly not done is repeated, after a pause that grows from 4 to 64 ms and ends at once
 * when a new reign is announced. One that may have been done is repeated if the request is idempotent. Such is, after a
 * change of leader, a request that the new leader doesn't have (see in-doubt.ts); and at once whatever is under way when the
 * connection is lost: its answer would never come. While there is none nothing is tried, for the client library would
 * lose it: what comes next is the connection, or the deadline.
 */
import { type MsgHdrs, nuid } from "nats"
import type { Bus, BusMessage } from "../contracts/bus.js"
import { ConnectionWatch } from "../contracts/connection-watch.js"
import { withHeader } from "../encoding/headers.js"
import { bytesOf, isLarger } from "../encoding/payload.js"
import { ClientClosed, ConnectionLost, NotConnected } from "../errors/client-errors.js"
import { LeaderChanged, NoLeader, PayloadTooLarge } from "../errors/errors.js"
import type { PoolNames } from "../protocol/names.js"
import { REQUEST_HEADER } from "../protocol/reply.js"
import type { Clock } from "../time/clock.js"
import { Answer, termIn } from "./answer.js"
import {
  type Asked,
  type FailedAttempt,
  failedAttemptIn,
  failedAttemptOf,
} from "./failed-attempt.js"
import { RequestsInDoubt } from "./in-doubt.js"
import { RequestAttempts } from "./request-attempts.js"
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

export interface Question {
  readonly payload: Uint8Array | string
  readonly headers: MsgHdrs | undefined
  readonly toLeader: boolean
  readonly timeoutMs: number
  readonly isIdempotent: boolean
  readonly waitsForWorkers: boolean
  readonly signal: AbortSignal | undefined
}

export class WaitingRequests {
  readonly #options: WaitingRequestsOptions
  readonly #news: TermWatch
  readonly #waiting = new Set<RequestAttempts>()
  /** Those whose answer is awaited, and the subject they were sent to. */
  readonly #underWay = new Map<RequestAttempts, string>()
  readonly #inDoubt: RequestsInDoubt
  #isClosed = false
  readonly #connection: ConnectionWatch

  constructor(options: WaitingRequestsOptions) {
    this.#options = options
    this.#news = new TermWatch(options.bus, options.names, () => this.#newReign())
    this.#inDoubt = new RequestsInDoubt({ ...options, news: this.#news })
    // From the beginning, for it may be lost before anything is asked.
    this.#connection = new ConnectionWatch(options.bus, {
      onLost: () => this.#interrupt(),
      onBack: () => this.#wake(),
    })
  }

  async ask(question: Question): Promise<Answer> {
    const { clock, names, maxPayload, random } = this.#options
    const { payload, timeoutMs, toLeader, isIdempotent, waitsForWorkers } = question
    if (this.#isClosed) throw new ClientClosed()
    if (isLarger(payload, maxPayload)) throw new PayloadTooLarge(bytesOf(payload), maxPayload)
    if (toLeader) this.#news.listen()
    const subject = toLeader ? names.leader : names.work
    const asked = { pool: names.pool, subject, payload, maxPayload, timeoutMs }
    const attempts = new RequestAttempts(clock, timeoutMs, question.signal, random)
    this.#waiting.add(attempts)
    let isInhabited = waitsForWorkers
    try {
      for (let doubt: unknown; ; ) {
        if (this.#connection.back) await this.#reconnected(attempts, doubt, subject)
        const result = await this.#attempt(attempts, question, asked)
        if (result instanceof Answer) return result
        const { error, outcome, isDeserted } = result
        if (outcome === "final" || (outcome === "unknown" && !isIdempotent)) throw error
        if (isDeserted && !isInhabited) {
          const isThere = await this.#isAnybodyThere(attempts, subject)
          if (isThere === false) throw error
          isInhabited = isThere ?? false
        }
        // Who leads next may be known by now.
        await attempts.pause(this.#news.isPast(attempts.reign))
        if (attempts.leftMs < LAST_ATTEMPT_MS) throw this.#tooLate(result, question)
        if (outcome === "unknown") doubt = error
      }
    } finally {
      this.#waiting.delete(attempts)
      attempts.close()
    }
  }

  close(): void {
    this.#isClosed = true
    this.#connection.close()
    this.#inDoubt.close()
    for (const attempts of this.#waiting) attempts.giveUp(new ClientClosed())
    this.#news.close()
  }

  async #attempt(
    attempts: RequestAttempts,
    { payload, headers, toLeader }: Question,
    asked: Asked,
  ): Promise<Answer | FailedAttempt> {
    attempts.reign = this.#news.reign
    attempts.id = toLeader ? nuid.next() : undefined
    const sent = attempts.id ? withHeader(headers, REQUEST_HEADER, attempts.id) : headers
    this.#underWay.set(attempts, asked.subject)
    try {
      const message = await attempts.until(
        this.#options.bus.request(asked.subject, payload, {
          timeout: Math.max(1, attempts.leftMs),
          ...(sent && { headers: sent }),
        }),
      )
      const failedAttempt =
        failedAttemptIn(message, asked) ?? (toLeader ? this.#stale(message, attempts) : undefined)
      if (toLeader && failedAttempt?.outcome === "not-done") this.#news.vacant(attempts.reign)
      return failedAttempt ?? new Answer(message, attempts.ms)
    } catch (error) {
      if (attempts.givenUp) throw attempts.givenUp.reason
      const failedAttempt = failedAttemptOf(error, asked)
      if (toLeader && failedAttempt.isDeserted) this.#news.vacant(attempts.reign)
      return failedAttempt
    } finally {
      this.#underWay.delete(attempts)
      attempts.id = undefined
    }
  }

  /** Resolves when the connection is back; throws NotConnected, or what it is in `doubt` for, when that is too late. */
  async #reconnected(attempts: RequestAttempts, doubt: unknown, subject: string): Promise<void> {
    for (let back = this.#connection.back; back; back = this.#connection.back) {
      await attempts.untilDeadline(back)
      if (attempts.leftMs < LAST_ATTEMPT_MS) throw doubt ?? new NotConnected(subject)
    }
  }

  #interrupt(): void {
    for (const [attempts, subject] of this.#underWay)
      attempts.interrupt(new ConnectionLost(subject))
  }

  #wake(): void {
    for (const attempts of this.#waiting) attempts.wake()
  }

  /** What is wrong with an answer, if it comes from the past. */
  #stale(message: BusMessage, { reign }: RequestAttempts): FailedAttempt | undefined {
    const term = termIn(message)
    if (term === undefined || this.#news.takes(term, reign)) return undefined
    return { error: this.#leaderChanged(), outcome: "unknown" }
  }

  /** Whether the pool has any member, even if none takes work at the moment; undefined if the connection was lost. */
  async #isAnybodyThere(attempts: RequestAttempts, subject: string): Promise<boolean | undefined> {
    const { bus, names } = this.#options
    this.#underWay.set(attempts, subject)
    try {
      const timeout = Math.max(1, Math.min(PING_MS, attempts.leftMs))
      await attempts.until(bus.request(`$SRV.PING.${names.pool}`, "", { timeout }))
      return true
    } catch (error) {
      if (attempts.givenUp) throw attempts.givenUp.reason
      return error instanceof ConnectionLost ? undefined : false
    } finally {
      this.#underWay.delete(attempts)
    }
  }

  #tooLate(
    { error, outcome, isDeserted }: FailedAttempt,
    { toLeader, timeoutMs }: Question,
  ): unknown {
    if (!toLeader || outcome !== "not-done") return error
    const cause = isDeserted ? (error as Error).cause : error
    return new NoLeader(this.#options.names.pool, timeoutMs, { cause })
  }

  #newReign(): void {
    this.#wake()
    this.#inDoubt.settle([...this.#underWay.keys()])
  }

  #leaderChanged(): LeaderChanged {
    return new LeaderChanged(this.#options.names.pool, this.#news.term)
  }
}
