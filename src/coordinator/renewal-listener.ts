/**
 * Whether a member hears of each renewal where not all are told: the heirs do, and who was drawn. Listens for them as long
 * as the last claim makes it one of these.
 */
import type { BusSubscription } from "../contracts/bus.js"
import type { Claim } from "../protocol/claim.js"
import { beatMsOf, isAttentive, SIZES, type Sizes } from "../protocol/crowd.js"

export interface RenewalListenerOptions {
  readonly id: string
  readonly sizes: Sizes | undefined
  readonly random: () => number
  /** Begins to listen for the renewals that not all are told of. */
  readonly listen: () => BusSubscription
}

export class RenewalListener {
  readonly #options: RenewalListenerOptions
  /** Drawn once: who draws less hears of more. */
  readonly #draw: number
  #listening: BusSubscription | undefined

  constructor(options: RenewalListenerOptions) {
    this.#options = options
    this.#draw = options.random()
  }

  /** Whether it hears of each renewal of `claim`. */
  hearsEachOf(claim: Claim): boolean {
    const { id, sizes = SIZES } = this.#options
    return isAttentive(claim, id, this.#draw, sizes.attentive)
  }

  /** How long the entry of this member may stay without a renewal, in ms, if nobody counts on it. */
  restMs(claim: Claim, leaseMs: number): number | undefined {
    return this.hearsEachOf(claim) ? undefined : beatMsOf(claim, leaseMs)
  }

  /** Listens if `claim`, the last one, has not all told and this member hear. */
  follow(claim: Claim): void {
    if (claim.crowd && this.hearsEachOf(claim)) this.#listening ??= this.#options.listen()
    else this.stop()
  }

  stop(): void {
    this.#listening?.unsubscribe()
    this.#listening = undefined
  }
}
