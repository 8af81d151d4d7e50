/**
 * The terms that one worker has known, over all its runs. They only grow, unless the bucket was lost and made anew by
 * somebody who did not know them; then whoever fences by term refuses every leader, and this says so, once.
 */
import { reignOf, type StandingClaim } from "./claim.js"

/** So many reigns are remembered by their nonces: late news of one of them is no new reign. */
const REMEMBERED = 16

export class Terms {
  #highest = 0
  #isSaid = false
  #nonces: string[] = []
  /** A reign of a lower term that was heard of once: it may be late news. */
  #lower: StandingClaim | undefined

  /** The highest known; 0 before any. */
  get highest(): number {
    return this.#highest
  }

  /** A claim became known, or (with `isOwn`) was acknowledged to this worker; returns what is wrong with it, once. */
  saw(standing: StandingClaim, isOwn: boolean): string | undefined {
    const { term } = reignOf(standing)
    const { nonce } = standing.claim
    if (term >= this.#highest) {
      if (term > this.#highest) this.#isSaid = false
      this.#highest = term
      if (!this.#nonces.includes(nonce))
        this.#nonces = [nonce, ...this.#nonces].slice(0, REMEMBERED)
      return undefined
    }
    if (this.#isSaid || this.#nonces.includes(nonce)) return undefined
    const before = this.#lower
    this.#lower = standing
    const isRenewed = before?.claim.nonce === nonce && before.revision < standing.revision
    if (!isOwn && !isRenewed) return undefined
    this.#isSaid = true
    const lower = `${standing.claim.name} leads with term ${term}, and ${this.#highest} is known here`
    return `${lower}: the bucket was made anew, and who fences by term refuses every leader; see: pool doctor`
  }
}
