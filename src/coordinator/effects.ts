/**
 * Carries out what the election of one member decides, and answers with events: the claim is read and written, a
 * reign prepared, begun, ended and handed on. Decides nothing itself.
 */
import { unawaited, unexpected } from "../contracts/unawaited.js"
import type { Decision, ElectionEvent, LeadDecision } from "../election/events.js"
import type { EndReason, Leadership } from "../lease/leadership.js"
import { encodeAnnouncement, type StandingClaim } from "../protocol/claim.js"
import type { Member } from "../protocol/member.js"
import { ClaimStore } from "./claim-store.js"
import type { CoordinatorOptions } from "./coordinator-options.js"
import { handOn } from "./hand-on.js"
import { OwnReign } from "./reign.js"

/** What they need of the coordinator itself. */
export interface EffectsOptions {
  readonly self: () => Member
  /** The server's clock, in ms since 1970. */
  readonly serverMs: () => number
  /** Takes the answers. */
  readonly answer: (event: ElectionEvent) => void
  /** Ends the reign if its lease is over. */
  readonly noticeLapse: () => void
}

export class Effects {
  readonly #options: CoordinatorOptions
  readonly #own: EffectsOptions
  readonly #claimStore: ClaimStore
  #ownReign: OwnReign | undefined

  constructor(options: CoordinatorOptions, own: EffectsOptions) {
    this.#options = options
    this.#own = own
    const { context, strategy, otherPools, meter } = options
    const { self, answer } = own
    this.#claimStore = new ClaimStore({ context, strategy, otherPools, meter, self, answer })
  }

  /** The reign that has begun and not ended. */
  get leadership(): Leadership | undefined {
    return this.#ownReign?.leadership
  }

  carryOut(decision: Decision): void {
    const { duties } = this.#options
    switch (decision.do) {
      case "read":
        return this.#claimStore.read(decision.id)
      case "rank":
        return this.#claimStore.rank(decision.isTurn)
      case "claim":
        this.#try(() => duties.prepare())
        return this.#claimStore.write(decision.attempt, decision.over, decision.claim)
      case "renew":
        return this.#claimStore.renew(decision.attempt, decision.over, decision.claim)
      case "stand-down":
        return this.#try(() => duties.abandon())
      case "lead":
        return this.#lead(decision)
      case "announce":
        return this.#announce(decision.standing, decision.to)
      case "wind-down":
        this.#endReign(decision.reason)
        unawaited(this.#windDown(decision.term), unexpected(this.#options.context.troubles.report))
        return
      case "stop-leading":
        this.#endReign(decision.reason)
        return this.#try(() => duties.lapse())
      case "hand-on":
        unawaited(this.#handOn(decision), unexpected(this.#options.context.troubles.report))
    }
  }

  #lead(reign: LeadDecision): void {
    const { duties, context, strategy, otherPools, preemptAfterMs, publish } = this.#options
    const { self, answer, noticeLapse } = this.#own
    const ownReign = new OwnReign(
      { context, strategy, otherPools, preemptAfterMs, publish, self, answer, noticeLapse },
      reign,
    )
    this.#ownReign = ownReign
    this.#try(() => duties.begin(ownReign.leadership))
    ownReign.begin()
  }

  #announce(standing: StandingClaim, to: "all" | "attentive"): void {
    const { bus, names } = this.#options.context
    const subject = to === "all" ? names.claim : names.renewals
    this.#try(() => bus.publish(subject, encodeAnnouncement(standing)))
    this.#try(() => this.#options.onClaim?.(standing, true))
  }

  #endReign(reason: EndReason): void {
    const ownReign = this.#ownReign
    this.#ownReign = undefined
    this.#try(() => ownReign?.end(reason))
  }

  async #windDown(term: number): Promise<void> {
    try {
      await this.#options.duties.windDown()
    } catch (error) {
      this.#options.context.troubles.report("the reign did not wind down", error)
    }
    this.#own.answer({ type: "wound-down", term })
  }

  async #handOn({ reign, standing, reason }: Extract<Decision, { do: "hand-on" }>): Promise<void> {
    const { context, duties, portrait, onReleased } = this.#options
    const { answer, serverMs } = this.#own
    this.#try(() => duties.close())
    const pool = { ...context, stepMs: context.timings.stepMs, serverMs, onReleased }
    try {
      await handOn({ ...pool, by: portrait().name }, { reign, standing, reason })
    } catch (error) {
      context.troubles.report("the reign could not be handed on; its lease runs out", error)
    }
    answer({ type: "handed-on", term: reign.term })
  }

  /** What others throw must not keep the rest from being carried out. */
  #try(act: () => void): void {
    try {
      act()
    } catch (error) {
      this.#options.context.troubles.report("the election went on after an error", error)
    }
  }
}
