/**
 * Carries out what the election of one member decides, and answers with events: the claim is read and written, a
 * reign prepared, begun, ended and handed on. Decides nothing itself.
 */
import type { BusMessage } from "../contracts/bus.js"
import { unawaited, unexpected } from "../contracts/unawaited.js"
import type { Decision, ElectionEvent, LeadDecision } from "../election/events.js"
import type { EndReason, Leadership } from "../lease/leadership.js"
import { ANSWERS_FIRST_MS } from "../lease/timings.js"
import { encodeAnnouncement, type StandingClaim } from "../protocol/claim.js"
import { SIZES } from "../protocol/crowd.js"
import type { Member } from "../protocol/member.js"
import { ClaimStore } from "./claim-store.js"
import type { CoordinatorOptions } from "./coordinator-options.js"
import { DeferredActs } from "./deferred-acts.js"
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
  readonly #deferred: DeferredActs
  #ownReign: OwnReign | undefined
  #teller: BusMessage | undefined
  /** It leads, and is taken up once it is announced. */
  #notTakenUp: OwnReign | undefined

  constructor(options: CoordinatorOptions, own: EffectsOptions) {
    this.#options = options
    this.#own = own
    const { context, strategy, otherPools, meter } = options
    const { self, answer } = own
    this.#claimStore = new ClaimStore({ context, strategy, otherPools, meter, self, answer })
    this.#deferred = new DeferredActs(context.clock, (error) => this.#wentOn(error))
  }

  /** The word that the last reign is over came by this message: who said so waits to hear that it was taken. */
  toldBy(message: BusMessage): void {
    this.#teller = message
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
        // The signal goes off while the round trip is under way that comes first where nothing else is.
        unawaited(this.#windDown(decision.term), unexpected(this.#options.context.troubles.report))
        return this.#deferred.next(() => this.#endReign(decision.reason))
      case "stop-leading":
        this.#deferred.finish()
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
    this.#notTakenUp = ownReign
    this.#try(() => duties.begin(ownReign.leadership))
  }

  /** Goes out after the answers of this turn, and where there are many members some time after: it makes work for all. */
  #announce(standing: StandingClaim, to: "all" | "attentive"): void {
    const { bus, names, clock } = this.#options.context
    const begun = this.#notTakenUp
    const { onClaim, duties } = this.#options
    const knownMs = clock.now().monoMs
    const known = () => onClaim?.(standing, true, knownMs)
    const subject = to === "all" ? names.claim : names.renewals
    const announce = () => bus.publish(subject, encodeAnnouncement(standing))
    if (!begun) {
      this.#deferred.next(announce)
      return this.#deferred.next(known)
    }
    this.#notTakenUp = undefined
    const teller = this.#teller
    this.#teller = undefined
    this.#deferred.next(() => teller?.respond(encodeAnnouncement(standing)))
    if (this.#areMany(standing)) {
      clock.after(ANSWERS_FIRST_MS, () => {
        if (this.#ownReign === begun) this.#try(announce)
      })
    } else this.#deferred.next(announce)
    this.#deferred.later(known)
    this.#deferred.later(() => duties.takeUp(begun.leadership))
    this.#deferred.later(() => begun.begin())
  }

  /** Whether the line behind a leader that has just begun is full: then nobody knows how many there are. */
  #areMany({ claim }: StandingClaim): boolean {
    const { sizes = SIZES } = this.#options.context
    return claim.heirs.length >= sizes.mostHeirs - 1
  }

  #endReign(reason: EndReason): void {
    const ownReign = this.#ownReign
    this.#ownReign = undefined
    if (!ownReign) return
    this.#try(() => ownReign.end(reason))
    this.#deferred.later(() => ownReign.close())
  }

  async #windDown(term: number): Promise<void> {
    try {
      await this.#options.duties.windDown()
    } catch (error) {
      this.#options.context.troubles.report("the reign did not wind down", error)
    }
    this.#deferred.finish()
    this.#own.answer({ type: "wound-down", term })
  }

  async #handOn({ reign, standing, reason }: Extract<Decision, { do: "hand-on" }>): Promise<void> {
    const { context, duties, portrait, onReleased } = this.#options
    const { answer, serverMs } = this.#own
    this.#try(() => duties.close())
    this.#deferred.later(() => duties.layDown())
    const pool = { ...context, stepMs: context.timings.stepMs, serverMs, onReleased }
    try {
      await handOn({ ...pool, by: portrait().name }, { reign, standing, reason })
    } catch (error) {
      context.troubles.report("the reign could not be handed on; its lease runs out", error)
    }
    this.#deferred.finish()
    answer({ type: "handed-on", term: reign.term })
  }

  /** What others throw must not keep the rest from being carried out. */
  #try(act: () => void): void {
    try {
      act()
    } catch (error) {
      this.#wentOn(error)
    }
  }

  #wentOn(error: unknown): void {
    this.#options.context.troubles.report("the election went on after an error", error)
  }
}
