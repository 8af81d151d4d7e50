/**
 * The election of one member: a state machine. Events go in with the time at which they happened, decisions
 * come out; there is no clock, timer or NATS in here.
 *
 *   follower   does not lead. Knows what it saw of the claim, and from that its turn to claim. Its turn came, or the
 *              word of a holder that ended: candidate.
 *   candidate  a compare-and-set is under way. Acknowledged in time: holder. Refused, or somebody else's claim is
 *              seen: follower. Not acknowledged: the claim is read, and is one's own only by its nonce.
 *   holder     leads, or winds down and hands on. Its lease ran out, or somebody else's claim is seen: follower,
 *              at once. Handed on: follower.
 *
 * Each phase is a file of its own; this one holds them together. Leading is never stored: `lease` compares the
 * clock with its end, which counts from the moment the last acknowledged write was sent. Not knowing
 * means not leading.
 */
import type { EndReason } from "../lease/leadership.js"
import type { Lease } from "../lease/lease.js"
import { type Claim, endOf, type Heir, type Reign, type StandingClaim } from "../protocol/claim.js"
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
  /** Whether this member hears of each renewal of a claim. Default: of all. */
  readonly isAttentive?: (claim: Claim) => boolean
  /** How many heirs a claim names. Default MAX_HEIRS. */
  readonly mostHeirs?: number
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
  #follower: Follower
  #candidate: Candidate | undefined
  #holder: Holder | undefined
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
    this.#follower = new Follower(this.#options, this.#observed)
  }

  /** Of the claim that it holds. */
  get lease(): Lease | undefined {
    return this.#holder?.lease
  }

  /** Whether it holds a claim, or may come to hold one: then it must resign before it leaves. */
  get isEngaged(): boolean {
    return this.#holder !== undefined || this.#candidate !== undefined
  }

  /** Whether it is giving up what it holds or claims. False once that is over, also if it leads again since. */
  get isResigning(): boolean {
    const { phase = "leading" } = this.lease ?? {}
    return phase !== "leading" || this.#candidate?.resigning !== undefined
  }

  /** The reign this member holds, even while it is ending. */
  get reign(): Reign | undefined {
    return this.#holder?.reign
  }

  /** The claim as this member knows it: its own, or the last one seen. */
  get standing(): StandingClaim | undefined {
    return this.#holder?.standing ?? this.#observed.standing
  }

  /** The monotonic time at which the machine wants the event `wake`, if at all. */
  get wakeAtMs(): number | undefined {
    return (this.#holder ?? this.#candidate ?? this.#follower).wakeAtMs
  }

  /** Takes an event, and returns what is to be done, in order. */
  handle(event: ElectionEvent, now: Instant): Decision[] {
    this.#decisions = []
    if (this.lease?.hasLapsed(now)) {
      this.#stopLeading(this.#isConnected ? "lease over" : "disconnected too long", now)
    }
    if (event.type === "connected") this.#isConnected = true
    if (event.type === "disconnected") this.#isConnected = false
    if (this.#holder) this.#whileHolding(this.#holder, event, now)
    else if (this.#candidate) this.#settle(this.#candidate, this.#candidate.handle(event, now), now)
    else this.#take(this.#follower.handle(event, now), now)
    return this.#decisions
  }

  #take(turn: Turn, now: Instant): void {
    if (!turn) return
    this.#candidate = new Candidate(this.#options, this.#observed, turn, now)
  }

  #settle(candidate: Candidate, outcome: ClaimOutcome | undefined, now: Instant): void {
    if (!outcome) return
    this.#candidate = undefined
    if (outcome.type === "held" && candidate.holds(now)) {
      return this.#hold(candidate, outcome.revision)
    }
    this.#follower = new Follower(this.#options, this.#observed)
    if (outcome.type === "lost") {
      const isAgain = this.#observed.isProvenOver && !candidate.resigning
      const turn = isAgain ? this.#follower.wake(now) : undefined
      // A last renewal slipped in, or the release: nobody has led since, so what is held is with nobody else.
      if (!turn || !outcome.isUncontested) this.#options.decide({ do: "stand-down" })
      return this.#take(turn, now)
    }
    this.#options.decide({ do: "stand-down" })
    if (outcome.type === "held") {
      const standing = { claim: candidate.claim, revision: outcome.revision }
      this.#observed.read({ kind: "claim", standing }, now.monoMs)
    } else this.#follower.lookAgain(now)
  }

  #hold({ claim, sent, begun, resigning }: Candidate, revision: number): void {
    const { decide } = this.#options
    const holder = new Holder(this.#options, claim, revision, sent)
    this.#holder = holder
    // First, for what was asked meanwhile waits, and the news goes to everybody.
    decide({ do: "lead", term: holder.term, lease: holder.lease, ...begun })
    decide({ do: "announce", standing: { claim, revision }, to: "all" })
    if (resigning) holder.resign(resigning.reason, resigning.to)
  }

  #whileHolding(holder: Holder, event: ElectionEvent, now: Instant): void {
    switch (event.type) {
      case "wake":
        return holder.wake(now)
      case "connected":
        return holder.hurry(now)
      case "written":
        return holder.written(event.attempt, event.revision, now)
      case "refused":
        return holder.refused(event.attempt)
      case "unsure":
        return holder.unsure(event.attempt, now)
      case "read-failed":
        return holder.readFailed(event.id, now)
      case "read":
        return this.#heed(holder, holder.read(event.id, event.found, now), event.found, now)
      case "heard":
        return this.#heed(holder, holder.heard(event.found), event.found, now)
      case "line":
        return holder.lineIs(event.line, now)
      case "gone":
        return holder.isGone(event.key, now)
      case "resign":
        return holder.resign(event.reason, event.to)
      case "wound-down":
        if (event.term === holder.term) holder.woundDown(now)
        return
      case "word":
        // It is handed the next reign before it was done with handing on this one.
        if (holder.lease.phase !== "over" || event.word.term <= holder.term) return
        this.#follow(now)
        return this.#take(this.#follower.handle(event, now), now)
      case "handed-on":
        if (event.term === holder.term) this.#follow(now)
    }
  }

  /** Somebody else's claim, or none, stands in place of this one's. */
  #heed(holder: Holder, lost: EndReason | undefined, found: Found, now: Instant): void {
    if (!lost) return
    if (holder.lease.phase === "over") this.#follow(now)
    else this.#stopLeading(lost, now)
    this.#observed.read(found, now.monoMs)
  }

  #stopLeading(reason: EndReason, now: Instant): void {
    const term = this.#holder?.term ?? 0
    this.#follow(now)
    this.#options.decide({ do: "stop-leading", term, reason })
  }

  #follow(now: Instant): void {
    const { standing, lease } = this.#holder ?? {}
    if (lease) lease.phase = "over"
    this.#holder = undefined
    this.#follower = new Follower(this.#options, this.#observed)
    if (!standing || !lease) return
    this.#observed.read({ kind: "claim", standing }, lease.sentMonoMs)
    this.#observed.ended(endOf(standing), now.monoMs)
  }
}
