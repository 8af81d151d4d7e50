/**
 * One reign of this member, as it runs: what it gives to the code that leads, the signal that ends it, and the watch
 * over the line behind it.
 */
import type { ElectionEvent, LeadDecision } from "../election/events.js"
import { NoFence } from "../errors/fence-errors.js"
import { computedSignal } from "../lease/computed-signal.js"
import { type EndReason, type Leadership, type Publish, ReignEnded } from "../lease/leadership.js"
import { SIZES } from "../protocol/crowd.js"
import type { Member } from "../protocol/member.js"
import { LineWatch } from "../strategies/line-watch.js"
import type { OtherPools } from "../strategies/other-pools.js"
import type { Strategy } from "../strategies/strategy.js"
import type { PoolContext } from "./pool-context.js"

export interface OwnReignOptions {
  readonly context: PoolContext
  readonly strategy: Strategy
  readonly otherPools?: OtherPools | undefined
  readonly preemptAfterMs?: number | undefined
  readonly self: () => Member
  /** Ends the reign if its lease is over. */
  readonly noticeLapse: () => void
  /** Stores what the leader publishes; a pool without a server can't. */
  readonly publish?: Publish | undefined
  /** Takes what is seen of the line, as events. */
  readonly answer: (event: ElectionEvent) => void
}

export class OwnReign {
  readonly leadership: Leadership
  readonly #abort = new AbortController()
  readonly #options: OwnReignOptions
  readonly #reign: LeadDecision
  #line: LineWatch | undefined
  #hasEnded = false

  constructor(options: OwnReignOptions, reign: LeadDecision) {
    this.#options = options
    this.#reign = reign
    const { term, lease } = reign
    const { publish, noticeLapse } = options
    const { names, clock } = options.context
    // A process that was frozen may be asked before its timer rings: then the reign ends in the question.
    const remainingMs = () => {
      const leftMs = lease.remainingMs(clock.now())
      if (leftMs === 0) noticeLapse()
      return leftMs
    }
    const isLeading = () => {
      const isLeading = !this.#hasEnded && lease.leads(clock.now())
      if (!isLeading) noticeLapse()
      return isLeading
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
        if (!publish) throw new NoFence(names.pool)
        return publish(this.leadership, subject, payload)
      },
    }
  }

  /** Begins to watch the line. */
  begin(): void {
    if (this.#hasEnded) return
    const { strategy, otherPools, preemptAfterMs, self } = this.#options
    const answer = (event: ElectionEvent) => {
      if (!this.#hasEnded) this.#options.answer(event)
    }
    const { timings, clock, bucket, troubles, sizes = SIZES } = this.#options.context
    this.#line = new LineWatch({
      ...{ bucket, clock, strategy, otherPools, preemptAfterMs, self, troubles },
      reign: this.#reign,
      memberTtlMs: timings.memberTtlMs,
      leaseMs: timings.leaseMs,
      sizes,
      retryMs: timings.renewMs,
      onLine: (line) => answer({ type: "line", line }),
      onGone: (key) => answer({ type: "gone", key }),
      onClaim: (found) => answer({ type: "heard", found }),
      onBetter: ({ key, id }) => answer({ type: "resign", reason: "preempted", to: { key, id } }),
    })
    this.#line.start()
  }

  /** Ceases to watch it. */
  close(): void {
    this.#line?.stop()
  }

  /** Fires the signal, once; what is seen of the line counts no more. */
  end(reason: EndReason): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.#abort.abort(new ReignEnded(reason, this.leadership.term))
  }
}
