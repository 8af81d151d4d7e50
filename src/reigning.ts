/**
 * One reign of this member, as it runs: what it gives to the code that leads, the signal that ends it, and the watch
 * over the line behind it.
 */
import type { Bucket } from "./bucket.js"
import type { Clock } from "./clock.js"
import { computedSignal } from "./computed-signal.js"
import type { Timings } from "./config.js"
import type { Found, LeadDecision, Line } from "./election-words.js"
import { NoFence } from "./fence-errors.js"
import { type EndReason, type Leadership, type Publish, ReignEnded } from "./leadership.js"
import { LineWatch } from "./line-watch.js"
import type { Member } from "./member.js"
import type { PoolNames } from "./names.js"
import type { Neighbours } from "./neighbours.js"
import type { Strategy } from "./succession.js"
import type { Troubles } from "./troubles.js"

export interface ReigningOptions {
  readonly bucket: Bucket
  readonly clock: Clock
  readonly timings: Timings
  readonly strategy: Strategy
  readonly neighbours?: Neighbours | undefined
  readonly preemptAfterMs?: number | undefined
  /** Told of a member that should lead in place of this one. */
  readonly onBetter: (member: Member) => void
  readonly self: () => Member
  /** Ends the reign if its lease is over. */
  readonly noticeLapse: () => void
  /** Stores what the leader publishes; a pool without a server can't. */
  readonly publish?: Publish | undefined
  readonly names: PoolNames
  readonly onLine: (line: Line) => void
  /** Told who is known to be gone while not everybody is known. */
  readonly onGone: (key: string) => void
  /** Told of what stands under the claim's key when it changes. */
  readonly onClaim: (found: Found) => void
  readonly troubles: Troubles
}

export class Reigning {
  readonly leadership: Leadership
  readonly #abort = new AbortController()
  readonly #line: LineWatch
  #hasEnded = false

  constructor(options: ReigningOptions, reign: LeadDecision) {
    const { term, lease } = reign
    const { clock, noticeLapse } = options
    // A process that was frozen may be asked before its timer rings: then the reign ends in the question.
    const remainingMs = () => {
      const leftMs = lease.remainingMs(clock.now())
      if (leftMs === 0) noticeLapse()
      return leftMs
    }
    const isLeading = () => {
      if (this.#hasEnded) return false
      if (lease.leads(clock.now())) return true
      noticeLapse()
      return false
    }
    const look = () => {
      // A lapse that is noticed in this question ends the reign in it; elsewhere it may be noticed, and not dealt with yet.
      if (remainingMs() === 0) this.end("lease over")
    }
    this.leadership = {
      term,
      signal: computedSignal(this.#abort, look),
      isLeading,
      remainingMs,
      publish: async (subject, payload) => {
        if (!options.publish) throw new NoFence(options.names.pool)
        return options.publish(this.leadership, subject, payload)
      },
    }
    this.#line = new LineWatch({
      ...options,
      reign,
      memberTtlMs: options.timings.memberTtlMs,
      retryMs: options.timings.renewMs,
    })
  }

  /** Begins to watch the line. */
  begin(): void {
    this.#line.start()
  }

  /** Fires the signal, once. */
  end(reason: EndReason): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#line.stop()
    this.#abort.abort(new ReignEnded(reason, this.leadership.term))
  }
}
