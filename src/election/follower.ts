/**
 * A member that does not lead: it waits for its turn to claim, and makes sure of it.
 *
 *   waiting     for its turn, as far as what it saw of the claim says when that is
 *   confirming  its turn has come without anybody's word, or it has not seen the claim for long: it is read, for a
 *               renewal may have been missed, or the bucket may be another
 *   ranking     there is no claim and none is known: the members are listed to find this one's place
 *
 * A read that failed is tried again a step later. Whether it is time to claim is all this decides; the claim itself
 * is the compare-and-set of `candidate.ts`.
 */
import type { EndReason } from "../lease/leadership.js"
import type { Heir, Word } from "../protocol/claim.js"
import type { Found } from "../protocol/entries.js"
import type { Instant } from "../time/clock.js"
import type { Decide, ElectionEvent } from "./events.js"
import type { ObservedClaim } from "./observed-claim.js"

export interface FollowerOptions {
  readonly self: Heir
  readonly mayLead: () => boolean
  readonly stepMs: number
  readonly coldStartMs: number
  /** Takes what is to be done. */
  readonly decide: Decide
  /** Numbers reads; grows. */
  readonly nextId: () => number
}

/** What an event comes to: it is time to claim, over at least this revision, after such an end; or nothing. */
export type Turn = { readonly claimOver: number; readonly after: EndBefore } | undefined

/** How the reign before ended: nobody said so, or it was said; `ordered`: it was handed over. */
export type EndBefore = "silence" | "word" | "ordered"

export class Follower {
  readonly #options: FollowerOptions
  readonly #observed: ObservedClaim
  /** The read whose answer is awaited; answers to earlier ones are stale. */
  #awaitedRead: number | undefined
  /** The turn has come, and the claim is read to be sure that it still has this revision. */
  #confirming: number | undefined
  /** When to read again, after a read that failed or told nothing. */
  #retryAtMs: number | undefined
  #isRanking = false

  constructor(options: FollowerOptions, observed: ObservedClaim) {
    this.#options = options
    this.#observed = observed
  }

  /** When to call `wake`, if at all. */
  get wakeAtMs(): number | undefined {
    if (this.#retryAtMs !== undefined) return this.#retryAtMs
    const isBusy = this.#awaitedRead !== undefined || this.#isRanking
    if (isBusy || !this.#options.mayLead()) return undefined
    return this.#observed.rankAtMs ?? this.#observed.turnAtMs
  }

  handle(event: ElectionEvent, now: Instant): Turn {
    switch (event.type) {
      case "joined":
      case "connected":
        this.#read()
        return undefined
      case "wake":
        return this.wake(now)
      case "heard":
        if (this.#observed.heard(event.found, now.monoMs)) this.#confirming = undefined
        return undefined
      case "read":
        return this.#isAwaited(event.id) ? this.#answered(event.found, now) : undefined
      case "read-failed":
        if (this.#isAwaited(event.id)) this.lookAgain(now)
        return undefined
      case "word":
        return this.#summoned(event.word, now)
      case "ranked":
        this.#isRanking = false
        if (this.#observed.rankAtMs !== undefined) {
          this.#observed.ranked(event.place, event.veterans, now.monoMs)
        }
        return undefined
      case "queued":
        this.#isRanking = false
        this.#observed.queued(event.older, now.monoMs)
        return undefined
      case "rank-failed":
        this.#isRanking = false
        this.#retryAtMs = now.monoMs + this.#options.coldStartMs
    }
    return undefined
  }

  /** Takes the turn, if it has come. */
  wake(now: Instant): Turn {
    const dueMs = this.wakeAtMs
    if (dueMs === undefined || now.monoMs < dueMs) return undefined
    if (this.#retryAtMs !== undefined) this.#read()
    else if (this.#observed.rankAtMs !== undefined) {
      this.#isRanking = true
      this.#options.decide({ do: "rank", isTurn: this.#observed.isQueued })
    } else if (this.#observed.isThere && this.#observed.isProvenOver) {
      return this.#surely(this.#turn(), now)
    } else this.#confirm()
    return undefined
  }

  /** A turn by what is known, if that was seen lately. */
  #surely(turn: Turn, now: Instant): Turn {
    if (this.#observed.isFresh(now.monoMs)) return turn
    this.#confirm()
    return undefined
  }

  #confirm(): void {
    this.#confirming = this.#observed.revision
    this.#read()
  }

  /** Reads the claim once more, a step later. */
  lookAgain(now: Instant): void {
    this.#retryAtMs = now.monoMs + this.#options.stepMs
  }

  #answered(found: Found, now: Instant): Turn {
    const expected = this.#confirming
    this.#confirming = undefined
    this.#observed.read(found, now.monoMs, expected !== undefined)
    const { turnAtMs, revision } = this.#observed
    const isTurn = turnAtMs !== undefined && now.monoMs >= turnAtMs
    return revision === expected && isTurn ? this.#turn() : undefined
  }

  #turn(): Turn {
    const { isProvenOver, whyOver } = this.#observed
    return { claimOver: 0, after: isProvenOver ? endBefore(whyOver) : "silence" }
  }

  #summoned(word: Word, now: Instant): Turn {
    if (!this.#options.mayLead() || !this.#observed.summoned(word, now.monoMs)) return undefined
    return this.#surely({ claimOver: word.revision, after: endBefore(word.reason) }, now)
  }

  #read(): void {
    this.#awaitedRead = this.#options.nextId()
    this.#retryAtMs = undefined
    this.#options.decide({ do: "read", id: this.#awaitedRead })
  }

  #isAwaited(id: number): boolean {
    if (this.#awaitedRead !== id) return false
    this.#awaitedRead = undefined
    return true
  }
}

function endBefore(reason: string | undefined): EndBefore {
  const handedOver: EndReason = "handed over"
  return reason === handedOver ? "ordered" : "word"
}
