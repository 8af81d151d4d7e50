/**
 * Carries out what the election of one member decides, and answers with events: the claim is read and written, the
 * seat taken and given up, a reign begun, ended and handed on. Decides nothing itself.
 */
import { encodeAnnouncement, type StandingClaim } from "./claim.js"
import { ClaimDesk } from "./claim-desk.js"
import type { CoordinatorOptions } from "./coordinator-options.js"
import type { Decision, ElectionEvent, LeadDecision } from "./election-words.js"
import { handOn } from "./hand-on.js"
import type { EndReason, Leadership } from "./leadership.js"
import type { Member } from "./member.js"
import { Reigning } from "./reigning.js"
import { unawaited, unexpected } from "./unawaited.js"

/** What else is needed beside the options of the coordinator. */
export interface DeedsOptions extends CoordinatorOptions {
  readonly self: () => Member
  /** The server's clock, in ms since 1970. */
  readonly serverMs: () => number
  /** Takes the answers. */
  readonly answer: (event: ElectionEvent) => void
  /** Ends the reign if its lease is over. */
  readonly noticeLapse: () => void
}

export class Deeds {
  readonly #options: DeedsOptions
  readonly #desk: ClaimDesk
  #reigning: Reigning | undefined

  constructor(options: DeedsOptions) {
    this.#options = options
    this.#desk = new ClaimDesk(options)
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
        unawaited(this.#windDown(decision.term), unexpected(this.#options.troubles.report))
        return
      case "stop-leading":
        this.#endReign(decision.reason)
        return this.#try(() => seat.lapse())
      case "hand-on":
        unawaited(this.#handOn(decision), unexpected(this.#options.troubles.report))
    }
  }

  #lead(reign: LeadDecision): void {
    const { seat, answer } = this.#options
    const reigning = new Reigning(
      {
        ...this.#options,
        onLine: (line) => answer({ type: "line", line }),
        onGone: (key) => answer({ type: "gone", key }),
        onClaim: (found) => answer({ type: "heard", found }),
        onBetter: ({ key, id }) => answer({ type: "resign", reason: "preempted", to: { key, id } }),
      },
      reign,
    )
    this.#reigning = reigning
    this.#try(() => seat.begin(reigning.leadership))
    reigning.begin()
  }

  #announce(standing: StandingClaim): void {
    const { bus, names, onClaim } = this.#options
    this.#try(() => bus.publish(names.claim, encodeAnnouncement(standing)))
    this.#try(() => onClaim?.(standing, true))
  }

  #endReign(reason: EndReason): void {
    const reigning = this.#reigning
    this.#reigning = undefined
    this.#try(() => reigning?.end(reason))
  }

  async #windDown(term: number): Promise<void> {
    const { seat, answer, troubles } = this.#options
    try {
      await seat.windDown()
    } catch (error) {
      troubles.report("the reign did not wind down", error)
    }
    answer({ type: "wound-down", term })
  }

  async #handOn({ reign, standing, reason }: Extract<Decision, { do: "hand-on" }>): Promise<void> {
    const { timings, seat, portrait, answer, troubles } = this.#options
    this.#try(() => seat.close())
    const options = { ...this.#options, stepMs: timings.stepMs, by: portrait().name }
    try {
      await handOn(options, { reign, standing, reason })
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
      this.#options.troubles.report("the election went on after an error", error)
    }
  }
}
