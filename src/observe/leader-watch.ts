/**
 * Who leads, as one worker can tell: from the claims it hears of, from the end of its own reigns, and from silence. It
 * tells when that changes, not with every renewal. "Nobody leads" may be late, for a reign can end without a word, but
 * says how long it has been so.
 */
import { reasonOf } from "../errors/thrown.js"
import { type Leadership, ReignEnded } from "../lease/leadership.js"
import { HOLDER_SHARE } from "../lease/lease.js"
import { reignOf, type StandingClaim, sameReign } from "../protocol/claim.js"
import { silenceMsOf } from "../protocol/crowd.js"
import type { Cancel, Clock } from "../time/clock.js"

/** Who leads a pool at the moment. */
export interface LeaderNews {
  readonly leader: { readonly id: string; readonly name: string; readonly term: number } | undefined
  /** Whether it is this worker. */
  readonly isSelf: boolean
  /** While nobody leads: for how many ms, as far as can be known here. */
  readonly nobodySinceMs?: number
  /** While nobody leads: why the last reign ended, if it said so. */
  readonly reason?: string
}

export interface LeaderWatchOptions {
  readonly clock: Clock
  readonly onNews: (news: LeaderNews) => void
}

export class LeaderWatch {
  readonly #options: LeaderWatchOptions
  #standing: StandingClaim | undefined
  #isSelf = false
  #seenMs: number
  /** Since when nobody leads; undefined while somebody does. */
  #vacant: { readonly sinceMs: number; readonly reason?: string } | undefined
  #cancel: Cancel | undefined

  constructor(options: LeaderWatchOptions) {
    this.#options = options
    this.#seenMs = options.clock.now().monoMs
    this.#vacant = { sinceMs: this.#seenMs }
  }

  /** As it is now. */
  get news(): LeaderNews {
    const { clock } = this.#options
    if (this.#vacant || !this.#standing) {
      const { sinceMs, reason } = this.#vacant ?? { sinceMs: this.#seenMs }
      const nobodySinceMs = clock.now().monoMs - sinceMs
      return { leader: undefined, isSelf: false, nobodySinceMs, ...(reason && { reason }) }
    }
    const { name } = this.#standing.claim
    return { leader: { ...reignOf(this.#standing), name }, isSelf: this.#isSelf }
  }

  /** A claim became known; of claims out of order the latest counts. Says whether it was news at all. */
  heard(standing: StandingClaim, isSelf: boolean): boolean {
    const before = this.#standing
    // A bucket created anew counts from 1: what is acknowledged to this worker, or follows a vacancy, is no history.
    const isOlder = before && standing.revision <= before.revision
    if (isOlder && !isSelf && !this.#vacant) return false
    if (before && standing.revision === before.revision) return false
    this.#standing = standing
    this.#isSelf = isSelf
    this.#seenMs = this.#options.clock.now().monoMs
    const { released } = standing.claim
    if (released) {
      this.#end(this.#seenMs, released.reason)
      return true
    }
    const isNew = this.#vacant || !before || !sameReign(reignOf(before), reignOf(standing))
    this.#vacant = undefined
    if (isNew) this.#options.onNews(this.news)
    this.#watchSilence()
    return true
  }

  /** This worker's own reign began, and will end. */
  follow({ signal, term }: Leadership): void {
    const ended = () => {
      const { reason } = signal
      this.#ended(term, reason instanceof ReignEnded ? reason.reason : reasonOf(reason))
    }
    signal.addEventListener("abort", ended, { once: true })
  }

  #ended(term: number, reason: string): void {
    const isCurrent = this.#isSelf && this.#standing && reignOf(this.#standing).term === term
    if (isCurrent) this.#end(this.#options.clock.now().monoMs, reason)
  }

  stop(): void {
    this.#cancel?.()
  }

  #end(sinceMs: number, reason?: string): void {
    this.#cancel?.()
    this.#cancel = undefined
    if (this.#vacant) return
    this.#vacant = { sinceMs, ...(reason && { reason }) }
    this.#options.onNews(this.news)
  }

  /** One timer for a whole reign: when it rings, it looks how long the silence has been. */
  #watchSilence(): void {
    if (this.#cancel || !this.#standing || this.#isSelf) return
    const { clock } = this.#options
    const { lease } = this.#standing.claim
    const quietMs = lease + silenceMsOf(this.#standing.claim, lease)
    const leftMs = this.#seenMs + quietMs - clock.now().monoMs
    // Its holder counts on less than the whole of it.
    if (leftMs <= 0) return this.#end(this.#seenMs + lease * HOLDER_SHARE, "lease over")
    this.#cancel = clock.after(leftMs, () => {
      this.#cancel = undefined
      this.#watchSilence()
    })
  }
}
