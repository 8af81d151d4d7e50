/**
 * What a client knows of who leads, from the announcements of a pool and from answers. One subscription,
 * however many requests there are. Terms only grow, so whatever is lower than the highest is history; unless it is renewed
 * before our eyes: then the bucket was wiped by hand, and its terms begin anew.
 *
 * Each request belongs to the epoch in which it was sent. An epoch ends when a new reign is heard of, or
 * already when a request met nobody who leads: what is sent after that can only reach the next leader, so
 * the news of its reign is no reason to give that request up.
 */
import { hearClaims } from "./announcements.js"
import type { Bus, BusSubscription } from "./bus.js"
import { reignOf, type StandingClaim } from "./claim.js"
import type { PoolNames } from "./names.js"

export class ReignNews {
  /** The highest term heard of; 0 if there was none yet. */
  term = 0
  epoch = 0
  /** Of the reign of that term; undefined while only answers told of it. */
  #nonce: string | undefined
  /** The last announcement of another reign whose term is not higher. */
  #other: { readonly nonce: string; readonly revision: number } | undefined
  /** Whether a request met nobody who leads, since anybody was heard of. */
  isVacant = false
  readonly #bus: Bus
  readonly #names: PoolNames
  readonly #onReign: () => void
  #subscription: BusSubscription | undefined

  /** `onReign` is called when a new reign was heard of; what was sent in an earlier epoch is then lost. */
  constructor(bus: Bus, names: PoolNames, onReign: () => void) {
    this.#bus = bus
    this.#names = names
    this.#onReign = onReign
  }

  /** Begins to listen, if it doesn't yet. What is sent after this can't miss a change of leader. */
  listen(): void {
    this.#subscription ??= hearClaims(this.#bus, this.#names, (standing) => this.#heard(standing))
  }

  /** Notes the term of an answer to what was sent in `epoch`; false if it is a lower one than is known. */
  isCurrent(term: number, epoch: number): boolean {
    if (term > this.term) {
      this.#nonce = undefined
      this.#begin(term, this.term > 0)
    }
    // A leader that is leaving still answers what it had: only what was sent since shows that it stays.
    if (term === this.term && epoch === this.epoch) this.isVacant = false
    return term >= this.term
  }

  /** Notes that a request met nobody who leads. */
  vacant(): void {
    if (this.isVacant) return
    this.isVacant = true
    this.epoch++
  }

  close(): void {
    this.#subscription?.unsubscribe()
    this.#subscription = undefined
  }

  #heard(standing: StandingClaim): void {
    const { term } = reignOf(standing)
    const { nonce, term: renewed } = standing.claim
    if (term <= this.term && !this.#isAnew(standing, term)) {
      // Whoever it is, what was sent since may be with them, and not with the next one to begin.
      if (nonce !== this.#nonce) this.isVacant = false
      return
    }
    this.#nonce = nonce
    // The first write of a reign holds no term: its own revision is the term. The first that is heard of may
    // also be an old reign that was renewed.
    this.#begin(term, this.term > 0 || renewed === undefined)
  }

  /** Whether a reign whose term is not higher is one that began, or is renewed, all the same. */
  #isAnew({ claim: { nonce, term: renewed }, revision }: StandingClaim, term: number): boolean {
    if (term === this.term && this.#nonce === undefined) {
      this.#nonce = nonce
      // An announcement precedes the answers of its reign: what begins after some came is another one.
      if (renewed === undefined) return true
    }
    const before = this.#other
    this.#other = nonce === this.#nonce ? undefined : { nonce, revision }
    return this.#other !== undefined && before?.nonce === nonce && revision > before.revision
  }

  #begin(term: number, isNew: boolean): void {
    this.term = term
    if (isNew) {
      if (!this.isVacant) this.epoch++
      this.isVacant = false
    }
    this.#onReign()
  }
}
