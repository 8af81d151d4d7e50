/**
 * Requests in doubt. When a new reign begins, whatever is under way to a leader may be with the last one, which may be
 * gone; or already with the new one, for it was sent before the news was heard. So the new leader is asked which of them
 * it has in hand:
 *
 *   in hand       its answer is waited for
 *   not in hand   given up after a slack, in which the last leader's answer may still come
 *   no such word  given up, too, if it was sent to the last leader. What was sent while nobody led can only be with who
 *                 leads next, and they will be asked.
 *
 * A leader that is slow to say so is waited for: either it will, or its lease runs out and another one is asked.
 *
 * The same leader is asked for what has waited for long, for it, or its answer, may have been lost with a server. What it
 * has not in hand is given up; where it gives no word, it is asked again.
 */
import { unawaited } from "../contracts/unawaited.js"
import { RequestLost } from "../errors/client-errors.js"
import { LeaderChanged } from "../errors/errors.js"
import type { Awaiting, ReplyInbox } from "../inbox/reply-inbox.js"
import type { PoolNames } from "../protocol/names.js"
import { type Cancel, type Clock, monoMsOf } from "../time/clock.js"
import type { Turns } from "../time/turns.js"
import { Answer } from "./answer.js"
import { RequestAttempts } from "./request-attempts.js"
import type { TermWatch } from "./term-watch.js"

/** How long an answer of the last leader may still be under way once a new reign was announced, in ms. */
const SLACK_MS = 20
/** A leader is asked for a request that has waited this long, in ms; and again after twice as long, and so on. */
const LONG_MS = 1_000
/** What an id takes in a question, in bytes, at most. */
const ID_BYTES = 40

export interface RequestsInDoubtOptions {
  readonly inbox: ReplyInbox
  readonly names: PoolNames
  readonly clock: Clock
  readonly news: TermWatch
  readonly turns: Turns
  readonly maxPayload: number
}

/** An attempt in doubt. */
interface Doubtful {
  /** Under which its answer is awaited. */
  readonly token: number
  readonly id: string
  readonly reign: number
  readonly deadlineMs: number
}

export class RequestsInDoubt {
  readonly #options: RequestsInDoubtOptions
  readonly #slacks = new Set<Cancel>()
  #isClosed = false

  constructor(options: RequestsInDoubtOptions) {
    this.#options = options
  }

  /** Notes that `request` is sent now: its leader is asked for it when it has waited for long. */
  sent(request: RequestAttempts): void {
    request.longMs = LONG_MS
    request.longAtMs = monoMsOf(this.#options.clock) + LONG_MS
  }

  /** Finds out, when a new reign has begun, what became of what is under way to a leader. */
  settle(): void {
    this.#settleAll(this.#options.inbox.awaiting, true)
  }

  /** Finds out what became of those that have waited for long. */
  settleLong(those: readonly Awaiting[]): void {
    const nowMs = this.#options.clock.now().monoMs
    for (const it of those) {
      if (!(it instanceof RequestAttempts)) continue
      it.longMs *= 2
      it.longAtMs = nowMs + it.longMs
    }
    this.#settleAll(those, false)
  }

  close(): void {
    this.#isClosed = true
    for (const cancel of this.#slacks) cancel()
    this.#slacks.clear()
  }

  #settleAll(those: Iterable<Awaiting>, isNewReign: boolean): void {
    const doubtful: Doubtful[] = []
    for (const request of those) {
      if (!(request instanceof RequestAttempts) || request.id === undefined) continue
      const { token, id, reign, deadlineMs } = request
      doubtful.push({ token, id, reign, deadlineMs })
    }
    const most = Math.max(1, Math.floor(this.#options.maxPayload / ID_BYTES))
    for (let n = 0; n < doubtful.length; n += most) {
      unawaited(this.#settle(doubtful.slice(n, n + most), isNewReign))
    }
  }

  async #settle(doubtful: readonly Doubtful[], isNewReign: boolean): Promise<void> {
    const { clock, names, news } = this.#options
    const { reign } = news
    const beganMs = clock.now().monoMs
    const word = await this.#ask(doubtful)
    if (this.#isClosed) return
    // What was answered before that word has been heard by then, in any case.
    const leftMs = Math.max(0, beganMs + SLACK_MS - clock.now().monoMs)
    const cancel = clock.after(leftMs, () => {
      this.#slacks.delete(cancel)
      // Whoever leads by now is asked as well.
      if (news.isPast(reign)) return
      const isLost = (it: Doubtful) =>
        word ? !word.has(it.id) : isNewReign && news.isPast(it.reign)
      const errorFor = isNewReign
        ? () => new LeaderChanged(names.pool, news.term)
        : () => new RequestLost(names.leader)
      unawaited(this.#giveUp(doubtful.filter(isLost), errorFor))
    })
    this.#slacks.add(cancel)
  }

  async #giveUp(lost: readonly Doubtful[], errorFor: () => Error): Promise<void> {
    const { inbox, turns } = this.#options
    for (const { token } of lost) {
      const turn = turns.take()
      if (turn) await turn
      inbox.fail(token, errorFor)
    }
  }

  /** What the leader has in hand of this; undefined if it doesn't say. */
  async #ask(doubtful: readonly Doubtful[]): Promise<Set<string> | undefined> {
    const { clock, inbox, names, news } = this.#options
    const { reign } = news
    const nowMs = clock.now().monoMs
    const timeoutMs = doubtful.reduce((ms, { deadlineMs }) => Math.max(ms, deadlineMs - nowMs), 1)
    const ids = doubtful.map(({ id }) => id).join("\n")
    try {
      const said = new Answer(await inbox.request(names.held, ids, timeoutMs), 0)
      // Nothing may have told of that leader yet.
      if (said.term !== undefined && said.term > news.term) news.takes(said.term, reign)
      return said.term === news.term ? new Set(said.text().split("\n")) : undefined
    } catch {
      return undefined
    }
  }
}
