/**
 * What a client knows of who leads, from the announcements of a pool and from answers. One subscription,
 * however many requests there are. Terms only grow, so whatever is lower than the highest is history; unless it is renewed
 * before our eyes: then the bucket was wiped by hand, and its terms begin anew.
 *
 * Reigns are numbered as they are heard of, and each request belongs to the one in which it was sent: that of the last
 * news, or already the next one when a request has met nobody who leads. What is sent after that can only reach the next
 * leader, so the news of its reign is no reason to give that request up.
 *
 * News and answers come by ways of their own, and may overtake each other. So whatever an answer says of who leads is
 * judged by the reign in which its request was sent.
 */
import type { Bus, BusSubscription } from "../contracts/bus.js"
import { hearClaims } from "../protocol/announcements.js"
import { reignOf, type StandingClaim } from "../protocol/claim.js"
import type { PoolNames } from "../protocol/names.js"

export class TermWatch {
  /** The highest term heard of; 0 if there was none yet. */
  term = 0
  /** How many reigns were heard of. */
  #reigns = 0
  /** Of the reign of that term; undefined while only answers told of it. */
  #nonce: string | undefined
  /** The last announcement of another reign whose term is not higher. */
  #other: { readonly nonce: string; readonly revision: number } | undefined
  /** Whether a request met nobody who leads, since anybody was heard of. */
  #isVacant = false
  /** The term of the last answer that was taken. */
  #answered = 0
  readonly #bus: Bus
  readonly #names: PoolNames
  readonly #onReign: () => void
  #subscription: BusSubscription | undefined

  /** `onReign` is called when a new reign was heard of; what was sent in an earlier one may be lost. */
  constructor(bus: Bus, names: PoolNames, onReign: () => void) {
    this.#bus = bus
    this.#names = names
    this.#onReign = onReign
  }

  /** Begins to listen, if it doesn't yet. What is sent after this can't miss a change of leader. */
  listen(): void {
    this.#subscription ??= hearClaims(this.#bus, this.#names, (standing) => this.#heard(standing))
  }

  /** The number of the reign to which belongs what is sent now. */
  get reign(): number {
    return this.#reigns + (this.#isVacant ? 1 : 0)
  }

  /** Whether news of a later reign has come since. */
  isPast(reign: number): boolean {
    return reign < this.#reigns
  }

  /**
   * Notes the term of an answer to what was sent in `reign`; false if it comes from the past. What was sent before the news
   * of a reign may still be answered by the last leader, for its answer and the news may be under way at once; but not
   * once an answer of a later term was taken.
   */
  takes(term: number, reign: number): boolean {
    if (term > this.term) {
      this.#nonce = undefined
      this.#begin(term, this.term > 0)
    }
    // A leader that is leaving still answers what it had: only what was sent since shows that it stays.
    if (term === this.term && reign === this.reign) this.#isVacant = false
    if (term < (this.isPast(reign) ? this.#answered : this.term)) return false
    this.#answered = term
    return true
  }

  /** Notes that what was sent in `reign` met nobody who leads. */
  vacant(reign: number): void {
    if (!this.isPast(reign)) this.#isVacant = true
  }

  close(): void {
    this.#subscription?.unsubscribe()
    this.#subscription = undefined
  }

  #heard(standing: StandingClaim): void {
    const { term } = reignOf(standing)
    const { nonce, term: renewed } = standing.claim
    if (term <= this.term && !this.#isAnew(standing, term)) return
    this.#nonce = nonce
    // The first write of a reign holds no term: its own revision is the term. The first that is heard of may
    // also be an old reign that was renewed.
    this.#begin(term, this.term > 0 || renewed === undefined)
  }

  /** Whether a reign whose term is not higher is one that began, or is renewed, all the same. */
  #isAnew({ claim: { nonce, term: renewed }, revision }: StandingClaim, term: number): boolean {
    if (term === this.term && this.#nonce === undefined) {
      this.#nonce = nonce
      // A reign answers what it held before it is announced, so this may be the same; or, in a bucket that was wiped, another
      // one. To ask which requests it has does no harm.
      if (renewed === undefined) return true
    }
    const before = this.#other
    this.#other = nonce === this.#nonce ? undefined : { nonce, revision }
    return this.#other !== undefined && before?.nonce === nonce && revision > before.revision
  }

  #begin(term: number, isNew: boolean): void {
    this.term = term
    if (!isNew && !this.#isVacant) return
    this.#reigns++
    this.#isVacant = false
    this.#onReign()
  }
}
