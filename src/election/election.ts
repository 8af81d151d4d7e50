/**
 * The election of one member: a state machine. Events go in with the time at which they happened, decisions
 * come out; there is no clock, timer or NATS in here.
 *
 *   following  does not lead. Knows what it saw of the claim (the observed claim), and from that its turn to claim.
 *              Its turn came, or the word of a holder that ended: claiming.
 *   claiming   a compare-and-set is under way. Acknowledged in time: holding. Refused, or somebody else's claim
 *              is seen: following. Not acknowledged: the claim is read, and is one's own only by its nonce.
 *   holding    leads, or winds down and hands on. Its lease ran out, or somebody else's claim is seen: following,
 *              at once. Handed on: following.
 *
 * Each phase is a file of its own; this one holds them together. Leading is never stored: `lease` compares the
 * clock with its end, which counts from the moment the last acknowledged write was sent. Not knowing
 * means not leading.
 */
import type { EndReason } from "../lease/leadership.js"
import type { Lease } from "../lease/lease.js"
import { endOf, type Heir, type Reign, type StandingClaim } from "../protocol/claim.js"
import type { Found } from "../protocol/entries.js"
import type { Instant } from "../time/clock.js"
import { Candidate, type ClaimOutcome } from "./candidate.js"
import type { Decision, ElectionEvent } from "./events.js"
import { Follower, type Turn } from "./follower.js"
import { Holder } from "./holder.js"
import { ObservedClaim } from "./observed-claim.js"

export interface ElectionOptions {
  readonly self: Heir & { readonly name: string }
  /** Whether this member may lead at this instant. When that changes the machine wants the event `wake`. */
  readonly mayLead: () => boolean
  readonly leaseMs: number
  readonly renewMs: number
  readonly stepMs: number
  readonly coldStartMs: number
  /** Name of the strategy, for the first write of a reign. */
  readonly strategy: string
  /** 0 to 1. */
  readonly random: () => number
  /** Never the same twice. */
  readonly nonce: () => string
  /** The server's clock at an instant, in ms since 1970. */
  readonly serverMs: (at: Instant) => number
}

/** What all phases need. */
interface PhaseOptions extends ElectionOptions {
  readonly decide: (decision: Decision) => void
  readonly nextId: () => number
}

export class Election {
  readonly #options: PhaseOptions
  readonly #observed: ObservedClaim
  #following: Follower
  #claiming: Candidate | undefined
  #holding: Holder | undefined
  #isConnected = true
  #lastId = 0
  #decisions: Decision[] = []

  constructor(options: ElectionOptions) {
    this.#options = {
      ...options,
      decide: (decision) => this.#decisions.push(decision),
      nextId: () => ++this.#lastId,
    }
    this.#observed = new ObservedClaim(options)
    this.#following = new Follower(this.#options, this.#observed)
  }

  /** Of the claim that it holds. */
  get lease(): Lease | undefined {
    return this.#holding?.lease
  }

  /** Whether it holds a claim, or may come to hold one: then it must resign before it leaves. */
  get isEngaged(): boolean {
    return this.#holding !== undefined || this.#claiming !== undefined
  }

  /** Whether it is giving up what it holds or claims. False once that is over, also if the seat has come back since. */
  get isResigning(): boolean {
    const { phase = "leading" } = this.lease ?? {}
    return phase !== "leading" || this.#claiming?.resigning !== undefined
  }

  /** The reign this member holds, even while it is ending. */
  get reign(): Reign | undefined {
    return this.#holding?.reign
  }

  /** The claim as this member knows it: its own, or the last one seen. */
  get standing(): StandingClaim | undefined {
    return this.#holding?.standing ?? this.#observed.standing
  }

  /** The monotonic time at which the machine wants the event `wake`, if at all. */
  get wakeAtMs(): number | undefined {
    return (this.#holding ?? this.#claiming ?? this.#following).wakeAtMs
  }

  /** Takes an event, and returns what is to be done, in order. */
  handle(event: ElectionEvent, now: Instant): Decision[] {
    this.#decisions = []
    if (this.lease?.hasLapsed(now)) {
      this.#stopLeading(this.#isConnected ? "lease over" : "disconnected too long", now)
    }
    if (event.type === "connected") this.#isConnected = true
    if (event.type === "disconnected") this.#isConnected = false
    if (this.#holding) this.#whileHolding(this.#holding, event, now)
    else if (this.#claiming) this.#settle(this.#claiming, this.#claiming.handle(event, now), now)
    else this.#take(this.#following.handle(event, now), now)
    return this.#decisions
  }

  #take(turn: Turn, now: Instant): void {
    if (!turn) return
    this.#claiming = new Candidate(this.#options, this.#observed, turn, now)
  }

  #settle(claiming: Candidate, outcome: ClaimOutcome | undefined, now: Instant): void {
    if (!outcome) return
    this.#claiming = undefined
    if (outcome.type === "held" && claiming.holds(now)) {
      return this.#hold(claiming, outcome.revision)
    }
    this.#following = new Follower(this.#options, this.#observed)
    if (outcome.type === "lost") {
      const isAgain = this.#observed.isProvenOver && !claiming.resigning
      const turn = isAgain ? this.#following.wake(now) : undefined
      // A last renewal slipped in, or the release: nobody has led since, so what is held is with nobody else.
      if (!turn || !outcome.isUncontested) this.#options.decide({ do: "stand-down" })
      return this.#take(turn, now)
    }
    this.#options.decide({ do: "stand-down" })
    if (outcome.type === "held") {
      const standing = { claim: claiming.claim, revision: outcome.revision }
      this.#observed.read({ kind: "claim", standing }, now.monoMs)
    } else this.#following.lookAgain(now)
  }

  #hold({ claim, sent, begun, resigning }: Candidate, revision: number): void {
    const { decide } = this.#options
    const holding = new Holder(this.#options, claim, revision, sent)
    this.#holding = holding
    // First, for who asked is to hear of a reign before the answers of it.
    decide({ do: "announce", standing: { claim, revision } })
    decide({ do: "lead", term: holding.term, lease: holding.lease, ...begun })
    if (resigning) holding.resign(resigning.reason, resigning.to)
  }

  #whileHolding(holding: Holder, event: ElectionEvent, now: Instant): void {
    switch (event.type) {
      case "wake":
        return holding.wake(now)
      case "connected":
        return holding.hurry(now)
      case "written":
        return holding.written(event.attempt, event.revision, now)
      case "refused":
        return holding.refused(event.attempt)
      case "unsure":
        return holding.unsure(event.attempt, now)
      case "read-failed":
        return holding.readFailed(event.id, now)
      case "read":
        return this.#heed(holding, holding.read(event.id, event.found, now), event.found, now)
      case "heard":
        return this.#heed(holding, holding.heard(event.found), event.found, now)
      case "line":
        return holding.lineIs(event.line, now)
      case "gone":
        return holding.isGone(event.key, now)
      case "resign":
        return holding.resign(event.reason, event.to)
      case "wound-down":
        if (event.term === holding.term) holding.woundDown()
        return
      case "word":
        // The seat comes back before this one was done with handing it on.
        if (holding.lease.phase !== "over" || event.word.term <= holding.term) return
        this.#follow(now)
        return this.#take(this.#following.handle(event, now), now)
      case "handed-on":
        if (event.term === holding.term) this.#follow(now)
    }
  }

  /** Somebody else's claim, or none, stands in place of this one's. */
  #heed(holding: Holder, lost: EndReason | undefined, found: Found, now: Instant): void {
    if (!lost) return
    if (holding.lease.phase === "over") this.#follow(now)
    else this.#stopLeading(lost, now)
    this.#observed.read(found, now.monoMs)
  }

  #stopLeading(reason: EndReason, now: Instant): void {
    const term = this.#holding?.term ?? 0
    this.#follow(now)
    this.#options.decide({ do: "stop-leading", term, reason })
  }

  #follow(now: Instant): void {
    const standing = this.#holding?.standing
    if (this.lease) this.lease.phase = "over"
    this.#holding = undefined
    this.#following = new Follower(this.#options, this.#observed)
    if (!standing) return
    this.#observed.read({ kind: "claim", standing }, now.monoMs)
    this.#observed.ended(endOf(standing), now.monoMs)
  }
}
