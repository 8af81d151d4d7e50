/**
 * Carries out what the election of one member decides, and answers with events: the claim is read and written, the
 * seat taken and given up, a reign begun, ended and handed on. Decides nothing itself.
 */
import { unawaited, unexpected } from "../contracts/unawaited.js"
import type { Decision, ElectionEvent, LeadDecision } from "../election/events.js"
import type { EndReason, Leadership } from "../lease/leadership.js"
import { encodeAnnouncement, type StandingClaim } from "../protocol/claim.js"
import type { Member } from "../protocol/member.js"
import { ClaimDesk } from "./claim-store.js"
import type { CoordinatorOptions } from "./coordinator-options.js"
import { handOn } from "./hand-on.js"
import { Reigning } from "./reign.js"

/** What they need of the coordinator itself. */
export interface DeedsOptions {
  readonly self: () => Member
  /** The server's clock, in ms since 1970. */
  readonly serverMs: () => number
  /** Takes the answers. */
  readonly answer: (event: ElectionEvent) => void
  /** Ends the reign if its lease is over. */
  readonly noticeLapse: () => void
}

export class Deeds {
  readonly #options: CoordinatorOptions
  readonly #own: DeedsOptions
  readonly #desk: ClaimDesk
  #reigning: Reigning | undefined

  constructor(options: CoordinatorOptions, own: DeedsOptions) {
    this.#options = options
    this.#own = own
    const { context, strategy, neighbours, meter } = options
    const { self, answer } = own
    this.#desk = new ClaimDesk({ context, strategy, neighbours, meter, self, answer })
  }

  /** The reign that has begun and not ended. */
  get leadership(): Leadership | undefined {
    return this.#reigning?.leadership
  }

  carryOut(decision: Decision): void {
    const { seat } = this.#options
    switch (decision.do) {
      case "read":
        return this.#desk.read(decision.id)
      case "rank":
        return this.#desk.rank()
      case "claim":
        this.#try(() => seat.prepare())
        return this.#desk.write(decision.attempt, decision.over, decision.claim)
      case "renew":
        return this.#desk.renew(decision.attempt, decision.over, decision.claim)
      case "stand-down":
        return this.#try(() => seat.abandon())
      case "lead":
        return this.#lead(decision)
      case "announce":
        return this.#announce(decision.standing)
      case "wind-down":
        this.#endReign(decision.reason)
        unawaited(this.#windDown(decision.term), unexpected(this.#options.context.troubles.report))
        return
      case "stop-leading":
        this.#endReign(decision.reason)
        return this.#try(() => seat.lapse())
      case "hand-on":
        unawaited(this.#handOn(decision), unexpected(this.#options.context.troubles.report))
    }
  }

  #lead(reign: LeadDecision): void {
    const { seat, context, strategy, neighbours, preemptAfterMs, publish } = this.#options
    const { self, answer, noticeLapse } = this.#own
    const reigning = new Reigning(
      { context, strategy, neighbours, preemptAfterMs, publish, self, answer, noticeLapse },
      reign,
    )
    this.#reigning = reigning
    this.#try(() => seat.begin(reigning.leadership))
    reigning.begin()
  }

  #announce(standing: StandingClaim): void {
    const { bus, names } = this.#options.context
    this.#try(() => bus.publish(names.claim, encodeAnnouncement(standing)))
    this.#try(() => this.#options.onClaim?.(standing, true))
  }

  #endReign(reason: EndReason): void {
    const reigning = this.#reigning
    this.#reigning = undefined
    this.#try(() => reigning?.end(reason))
  }

  async #windDown(term: number): Promise<void> {
    try {
      await this.#options.seat.windDown()
    } catch (error) {
      this.#options.context.troubles.report("the reign did not wind down", error)
    }
    this.#own.answer({ type: "wound-down", term })
  }

  async #handOn({ reign, standing, reason }: Extract<Decision, { do: "hand-on" }>): Promise<void> {
    const { seat, portrait, onReleased } = this.#options
    const { bus, bucket, names, clock, timings, troubles } = this.#options.context
    const { answer, serverMs } = this.#own
    this.#try(() => seat.close())
    const pool = { bus, bucket, names, clock, stepMs: timings.stepMs, serverMs, onReleased }
    try {
      await handOn({ ...pool, by: portrait().name }, { reign, standing, reason })
    } catch (error) {
      troubles.report("the reign could not be handed on; its lease runs out", error)
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
