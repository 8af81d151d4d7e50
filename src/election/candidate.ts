/**
 * A claim under way: one compare-and-set, and what comes of it.
 *
 *   acknowledged              it is held, unless something newer is known already
 *   refused, or nobody knows  the claim is read: it is this attempt's own only by its nonce
 *   somebody else's is seen   it is lost
 *
 * The lease counts from the moment the attempt was sent, whenever that becomes known.
 */
import type { EndReason } from "../lease/leadership.js"
import { holds, leaseEnd } from "../lease/lease.js"
import { type Claim, type Ended, type Heir, isOver, type StandingClaim } from "../protocol/claim.js"
import { type Found, revisionOf } from "../protocol/entries.js"
import type { Instant } from "../time/clock.js"
import type { BegunReign, Decide, ElectionEvent } from "./events.js"
import type { Turn } from "./follower.js"
import type { ObservedClaim } from "./observed-claim.js"

export interface CandidateOptions {
  readonly self: Heir & { readonly name: string }
  readonly mayLead: () => boolean
  readonly leaseMs: number
  readonly stepMs: number
  readonly strategy: string
  readonly nonce: () => string
  /** The server's clock at an instant, in ms since 1970. */
  readonly serverMs: (at: Instant) => number
  /** Takes what is to be done. */
  readonly decide: Decide
  /** Numbers attempts and reads; grows. */
  readonly nextId: () => number
}

/** What came of it. */
export type ClaimOutcome =
  | { readonly type: "held"; readonly revision: number }
  /** Uncontested: nobody has led since the reign whose end was proven before the attempt. */
  | { readonly type: "lost"; readonly isUncontested?: boolean }
  /** Lost, as far as can be seen; but the write may still be on its way. */
  | { readonly type: "unseen" }

export class Candidate {
  readonly claim: Claim
  readonly sent: Instant
  /** What the reign begins with, if it does. */
  readonly begun: Omit<BegunReign, "term">
  /** Asked to resign before it led. */
  resigning: { readonly reason: EndReason; readonly to: Heir | undefined } | undefined
  readonly #options: CandidateOptions
  readonly #observed: ObservedClaim
  readonly #over: number
  /** What was proven to be over when it began. */
  readonly #ended: Ended | undefined
  readonly #attempt: number
  #isRefused = false
  #awaitedRead: number | undefined
  #retryAtMs: number | undefined

  constructor(
    options: CandidateOptions,
    observed: ObservedClaim,
    turn: NonNullable<Turn>,
    now: Instant,
  ) {
    const { self, leaseMs, strategy, nonce, nextId } = options
    this.#options = options
    this.#observed = observed
    this.#over = Math.max(turn.claimOver, observed.revision)
    this.#ended = observed.lastEnded
    const last = observed.standing?.claim
    // By order, or again after a claim by order of its own, whose answer came too late: nobody has led since.
    const byOrder = turn.after === "ordered" || (last?.id === self.id && last.ordered === true)
    const isOrdered = byOrder && ({ isOrdered: true } as const)
    const lapsed = turn.after === "silence" && observed.silent && { lapsed: observed.silent }
    this.begun = { ...isOrdered, ...lapsed }
    this.#attempt = nextId()
    this.sent = now
    // The line as the last leader saw it, until this one has seen for itself.
    const { heirs = [], crowd } = last ?? {}
    this.claim = {
      ...self,
      nonce: nonce(),
      lease: leaseMs,
      since: new Date(options.serverMs(now)).toISOString(),
      heirs: heirs.filter((heir) => heir.id !== self.id),
      strategy,
      reason: isOrdered ? `${self.name} leads by order` : `${self.name} leads: next in line`,
      ...(isOrdered && { ordered: true }),
      ...(crowd && { crowd }),
    }
    const { claim } = this
    options.decide({ do: "claim", attempt: this.#attempt, over: this.#over, claim })
  }

  /** When to call `wake`, if at all. */
  get wakeAtMs(): number | undefined {
    return this.#retryAtMs
  }

  /** Whether a lease that counts from the attempt still holds. */
  holds(now: Instant): boolean {
    return holds(leaseEnd(this.sent, this.#options.leaseMs), now)
  }

  handle(event: ElectionEvent, now: Instant): ClaimOutcome | undefined {
    switch (event.type) {
      case "written":
        if (event.attempt !== this.#attempt) return undefined
        // An acknowledgement that comes after a newer revision is known is history.
        if (this.#observed.revision > event.revision) return { type: "lost" }
        return { type: "held", revision: event.revision }
      case "refused":
      case "unsure":
        if (event.attempt !== this.#attempt) return undefined
        this.#isRefused = event.type === "refused"
        this.#read()
        return undefined
      case "read":
        return this.#awaitedRead === event.id ? this.#answered(event.found, now) : undefined
      case "read-failed":
        if (this.#awaitedRead !== event.id) return undefined
        // Nobody answers, and by now the attempt would be worth nothing: who wants to leave need not wait for more.
        if (this.resigning && !this.holds(now)) return { type: "unseen" }
        this.#lookAgain(now)
        return undefined
      case "wake":
        if (this.#retryAtMs !== undefined && now.monoMs >= this.#retryAtMs) this.#read()
        return undefined
      case "heard":
        return this.#heard(event.found, now)
      case "word":
        if (this.#options.mayLead()) this.#observed.summoned(event.word, now.monoMs)
        return undefined
      case "resign":
        this.resigning = { reason: event.reason, to: event.to }
    }
    return undefined
  }

  #answered(found: Found, now: Instant): ClaimOutcome | undefined {
    this.#awaitedRead = undefined
    if (this.#isOwn(found)) return { type: "held", revision: revisionOf(found) }
    this.#observed.read(found, now.monoMs)
    if (revisionOf(found) !== this.#over) {
      return { type: "lost", isUncontested: this.#isOver(this.#observed.standing) }
    }
    // Nothing new: the read was stale, or the write was lost, or is still on its way. Who wants to leave must not
    // leave a claim behind that nobody holds.
    const mayStillCome = !this.#isRefused && this.holds(now)
    if (!this.resigning || !mayStillCome) return { type: "unseen" }
    this.#lookAgain(now)
    return undefined
  }

  #isOver(standing: StandingClaim | undefined): boolean {
    return !!standing && !!this.#ended && isOver(standing, this.#ended)
  }

  #heard(found: Found, now: Instant): ClaimOutcome | undefined {
    if (this.#isOwn(found)) return undefined
    const isNews = this.#observed.heard(found, now.monoMs)
    // The last renewal of a reign that is over changes nothing: the refusal will tell.
    return isNews && !this.#observed.isProvenOver ? { type: "lost" } : undefined
  }

  #isOwn(found: Found): boolean {
    return found.kind === "claim" && found.standing.claim.nonce === this.claim.nonce
  }

  #read(): void {
    this.#awaitedRead = this.#options.nextId()
    this.#retryAtMs = undefined
    this.#options.decide({ do: "read", id: this.#awaitedRead })
  }

  #lookAgain(now: Instant): void {
    this.#awaitedRead = undefined
    this.#retryAtMs = now.monoMs + this.#options.stepMs
  }
}
