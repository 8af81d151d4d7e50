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
 */
import type { Bus } from "../contracts/bus.js"
import { unawaited } from "../contracts/unawaited.js"
import { LeaderChanged } from "../errors/errors.js"
import type { PoolNames } from "../protocol/names.js"
import type { Cancel, Clock } from "../time/clock.js"
import { Answer } from "./answer.js"
import type { RequestAttempts } from "./request-attempts.js"
import type { TermWatch } from "./term-watch.js"

/** How long an answer of the last leader may still be under way once a new reign was announced, in ms. */
const SLACK_MS = 20
/** What an id takes in a question, in bytes. */
const ID_BYTES = 23

export interface RequestsInDoubtOptions {
  readonly bus: Bus
  readonly names: PoolNames
  readonly clock: Clock
  readonly news: TermWatch
  readonly maxPayload: number
}

interface Doubtful {
  readonly attempts: RequestAttempts
  /** Of the attempt in doubt. */
  readonly id: string
}

export class RequestsInDoubt {
  readonly #options: RequestsInDoubtOptions
  readonly #slacks = new Set<Cancel>()

  constructor(options: RequestsInDoubtOptions) {
    this.#options = options
  }

  /** Finds out, when a new reign has begun, what became of what is under way to a leader. */
  settle(underWay: readonly RequestAttempts[]): void {
    const doubtful = underWay.flatMap((attempts) =>
      attempts.id === undefined ? [] : [{ attempts, id: attempts.id }],
    )
    const most = Math.max(1, Math.floor(this.#options.maxPayload / ID_BYTES))
    for (let n = 0; n < doubtful.length; n += most) {
      unawaited(this.#settle(doubtful.slice(n, n + most)))
    }
  }

  close(): void {
    for (const cancel of this.#slacks) cancel()
    this.#slacks.clear()
  }

  async #settle(doubtful: readonly Doubtful[]): Promise<void> {
    const { clock, names, news } = this.#options
    const { reign } = news
    const beganMs = clock.now().monoMs
    const word = await this.#ask(doubtful)
    // What was answered before that word has been heard by then, in any case.
    const leftMs = Math.max(0, beganMs + SLACK_MS - clock.now().monoMs)
    const cancel = clock.after(leftMs, () => {
      this.#slacks.delete(cancel)
      // Whoever leads by now is asked as well.
      if (news.isPast(reign)) return
      for (const { attempts, id } of doubtful) {
        const isUnderWay = attempts.id === id
        const isLost = word ? !word.has(id) : news.isPast(attempts.reign)
        if (isUnderWay && isLost) attempts.interrupt(new LeaderChanged(names.pool, news.term))
      }
    })
    this.#slacks.add(cancel)
  }

  /** What the leader has in hand of this; undefined if it doesn't say. */
  async #ask(doubtful: readonly Doubtful[]): Promise<Set<string> | undefined> {
    const { bus, names, news } = this.#options
    const timeout = doubtful.reduce((ms, { attempts }) => Math.max(ms, attempts.leftMs), 1)
    const ids = doubtful.map(({ id }) => id).join("\n")
    try {
      const said = new Answer(await bus.request(names.held, ids, { timeout }), 0)
      return said.term === news.term ? new Set(said.text().split("\n")) : undefined
    } catch {
      return undefined
    }
  }
}
