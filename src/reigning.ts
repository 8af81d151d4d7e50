/**
 * One reign of this member, as it runs: what it gives to the code that leads, the signal that ends it, and the watch
 * over the line behind it.
 */
import type { Bucket } from "./bucket.js"
import type { Clock } from "./clock.js"
import { computedSignal } from "./computed-signal.js"
import type { Timings } from "./config.js"
import type { BegunReign, Found, Line } from "./election-words.js"
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
  /** Whether this member leads at this instant; ends its reign if it does not any more. */
  readonly leads: () => boolean
  /** Milliseconds for which nobody else can lead, in the reign of this term. */
  readonly remainingMs: (term: number) => number
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

  constructor(options: ReigningOptions, reign: BegunReign) {
    const { term } = reign
    const look = () => {
      // A lapse that is noticed in this question ends the reign in it; elsewhere it may be noticed, and not dealt with yet.
      if (options.remainingMs(term) === 0) this.end("lease over")
    }
    this.leadership = {
      term,
      signal: computedSignal(this.#abort, look),
      isLeading: () => !this.#hasEnded && options.leads() && !this.#hasEnded,
      remainingMs: () => options.remainingMs(term),
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
