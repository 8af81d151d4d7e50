/**
 * The election of one member: a state machine. Events go in with the time at which they happened, decisions
 * come out; there is no clock, timer or NATS in here.
 *
 *   following  does not lead. Knows what it saw of the claim (the outlook), and from that its turn to claim.
 *              Its turn came, or the word of a holder that ended: claiming.
 *   claiming   a compare-and-set is under way. Acknowledged in time: holding. Refused, or somebody else's claim
 *              is seen: following. Not acknowledged: the claim is read, and is one's own only by its nonce.
 *   holding    leads, or winds down and hands on (see holding.ts). Its lease ran out, or somebody else's claim is
 *              seen: following, at once. Handed on: following.
 *
 * Leading is never stored: `leads(now)` compares the clock with the end of the lease, which counts from the moment
 * the last acknowledged write was sent. Not knowing means not leading.
 */
import {
  type Claim,
  type Heir,
  type Reign,
  reignOf,
  type StandingClaim,
  type Word,
} from "./claim.js"
import type { Instant } from "./clock.js"
import { type Decision, type ElectionEvent, type Found, revisionOf } from "./election-words.js"
import { Holding } from "./holding.js"
import type { EndReason } from "./leadership.js"
import { holds, leaseEnd } from "./lease.js"
import { Outlook } from "./outlook.js"

export interface ElectionOptions {
  readonly self: Heir & { readonly name: string }
  /** Whether this member may lead. */
  readonly eligible: boolean
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
}

/** A claim under way. */
interface Claiming {
  readonly id: number
  readonly claim: Claim
  readonly over: number
  readonly sent: Instant
  /** Asked to resign before it led. */
  resigning?: { readonly reason: EndReason; readonly to: Heir | undefined }
}

export class Election {
  readonly #options: ElectionOptions
  readonly #outlook: Outlook
  #claiming: Claiming | undefined
  #holding: Holding | undefined
  #isConnected = true
  #lastId = 0
  /** The read whose answer is awaited; answers to earlier ones are stale. */
  #awaitedRead: number | undefined
  /** The turn has come, and the claim is read to be sure that it still has this revision. */
  #confirming: number | undefined
  /** When to read again, after a read that failed or told nothing. */
  #retryAtMs: number | undefined
  #isRanking = false
  #decisions: Decision[] = []

  constructor(options: ElectionOptions) {
    this.#options = options
    this.#outlook = new Outlook(options)
  }

  /** Whether this member leads at `now`. */
  leads(now: Instant): boolean {
    return this.#holding?.leads(now) ?? false
  }

  /** Milliseconds for which nobody else can lead, if no renewal is acknowledged any more. */
  remainingMs(now: Instant): number {
    return this.#holding?.remainingMs(now) ?? 0
  }

  /** Whether it holds a claim, or may come to hold one: then it must resign before it leaves. */
  get isEngaged(): boolean {
    return this.#holding !== undefined || this.#claiming !== undefined
  }

  /** The reign this member holds, even while it is ending. */
  get reign(): Reign | undefined {
    return this.#holding?.reign
  }

  /** The claim as this member knows it: its own, or the last one seen. */
  get standing(): StandingClaim | undefined {
    return this.#holding?.standing ?? this.#outlook.standing
  }

  /** The monotonic time at which the machine wants the event `wake`, if at all. */
  get wakeAtMs(): number | undefined {
    if (this.#holding) return this.#holding.wakeAtMs
    if (this.#retryAtMs !== undefined) return this.#retryAtMs
    const isBusy = this.#claiming || this.#awaitedRead !== undefined || this.#isRanking
    if (isBusy || !this.#options.eligible) return undefined
    return this.#outlook.rankAtMs ?? this.#outlook.turnAtMs
  }

  /** Takes an event, and returns what is to be done, in order. */
  handle(event: ElectionEvent, now: Instant): Decision[] {
    this.#decisions = []
    if (this.#holding?.hasLapsed(now)) {
      this.#stopLeading(this.#isConnected ? "lease over" : "disconnected too long", now)
    }
    if (event.type === "connected") this.#isConnected = true
    if (event.type === "disconnected") this.#isConnected = false
    if (this.#holding) this.#whileHolding(this.#holding, event, now)
    else if (this.#claiming) this.#whileClaiming(this.#claiming, event, now)
    else this.#whileFollowing(event, now)
    return this.#decisions
  }

  #whileFollowing(event: ElectionEvent, now: Instant): void {
    switch (event.type) {
      case "joined":
      case "connected":
        return this.#readClaim()
      case "wake":
        return this.#wake(now)
      case "heard":
        if (this.#outlook.heard(event.found, now.monoMs)) this.#confirming = undefined
        return
      case "read":
        if (this.#isAwaited(event.id)) this.#confirmed(event.found, now)
        return
      case "read-failed":
        if (this.#isAwaited(event.id)) this.#retryAtMs = now.monoMs + this.#options.stepMs
        return
      case "word":
        if (this.#isSummonedBy(event.word, now)) this.#claim(event.word.revision, now)
        return
      case "ranked":
        this.#isRanking = false
        if (this.#outlook.rankAtMs === undefined) return
        return this.#outlook.ranked(event.place, event.veterans, now.monoMs)
      case "rank-failed":
        this.#isRanking = false
        this.#retryAtMs = now.monoMs + this.#options.coldStartMs
    }
  }

  #wake(now: Instant): void {
    if (this.#retryAtMs !== undefined) {
      if (now.monoMs >= this.#retryAtMs) this.#readClaim()
      return
    }
    const dueMs = this.wakeAtMs
    if (dueMs === undefined || now.monoMs < dueMs) return
    if (this.#outlook.rankAtMs !== undefined) {
      this.#isRanking = true
      return this.#decide({ do: "rank" })
    }
    if (this.#outlook.isProvenOver) return this.#claim(0, now)
    // Nobody said that the reign is over. A renewal may have been missed, so look before claiming.
    this.#confirming = this.#outlook.revision
    this.#readClaim()
  }

  #confirmed(found: Found, now: Instant): void {
    const expected = this.#confirming
    this.#confirming = undefined
    this.#outlook.read(found, now.monoMs)
    const { turnAtMs, revision } = this.#outlook
    const isTurn = turnAtMs !== undefined && now.monoMs >= turnAtMs
    if (revision === expected && isTurn) this.#claim(0, now)
  }

  #isSummonedBy(word: Word, now: Instant): boolean {
    if (!this.#options.eligible || !this.#outlook.isCurrent(word, word.revision)) return false
    this.#outlook.ended(word, now.monoMs, true)
    return true
  }

  #claim(atLeastOver: number, now: Instant): void {
    const { self, leaseMs, strategy, nonce } = this.#options
    // The line as the last leader saw it, until this one has seen for itself.
    const heirs = this.#outlook.standing?.claim.heirs ?? []
    const claim: Claim = {
      ...self,
      nonce: nonce(),
      lease: leaseMs,
      since: new Date(now.wallMs).toISOString(),
      heirs: heirs.filter((heir) => heir.id !== self.id),
      strategy,
      reason: `${self.name} leads: next in line`,
    }
    const over = Math.max(atLeastOver, this.#outlook.revision)
    this.#claiming = { id: this.#nextId(), claim, over, sent: now }
    this.#awaitedRead = this.#confirming = this.#retryAtMs = undefined
    this.#decide({ do: "claim", attempt: this.#claiming.id, over, claim })
  }

  #whileClaiming(claiming: Claiming, event: ElectionEvent, now: Instant): void {
    switch (event.type) {
      case "written":
        if (event.attempt !== claiming.id) return
        // An acknowledgement that comes after a newer revision is known is history.
        if (this.#outlook.revision > event.revision) return this.#standDown()
        return this.#hold(claiming, event.revision, now)
      case "refused":
      case "unsure":
        if (event.attempt === claiming.id) this.#readClaim()
        return
      case "read":
        if (this.#isAwaited(event.id)) this.#claimRead(claiming, event.found, now)
        return
      case "read-failed":
        if (this.#isAwaited(event.id)) this.#retryAtMs = now.monoMs + this.#options.stepMs
        return
      case "wake":
        if (this.#retryAtMs !== undefined && now.monoMs >= this.#retryAtMs) this.#readClaim()
        return
      case "heard": {
        if (isClaimWith(event.found, claiming.claim.nonce)) return
        const isNews = this.#outlook.heard(event.found, now.monoMs)
        // The last renewal of a reign that is over changes nothing: the refusal will tell.
        if (isNews && !this.#outlook.isProvenOver) this.#standDown()
        return
      }
      case "word":
        this.#isSummonedBy(event.word, now)
        return
      case "resign":
        claiming.resigning = { reason: event.reason, to: event.to }
    }
  }

  #claimRead(claiming: Claiming, found: Found, now: Instant): void {
    if (isClaimWith(found, claiming.claim.nonce)) {
      return this.#hold(claiming, found.standing.revision, now)
    }
    this.#outlook.read(found, now.monoMs)
    this.#standDown()
    if (claiming.resigning) return
    // Nothing new: the read was stale, or the write is still on its way. Look again, a little later.
    if (revisionOf(found) === claiming.over) this.#retryAtMs = now.monoMs + this.#options.stepMs
    else if (this.#outlook.isProvenOver) this.#wake(now)
  }

  #standDown(): void {
    this.#claiming = this.#awaitedRead = this.#retryAtMs = undefined
    this.#decide({ do: "stand-down" })
  }

  #hold(claiming: Claiming, revision: number, now: Instant): void {
    const { claim, sent, resigning } = claiming
    if (!holds(leaseEnd(sent, this.#options.leaseMs), now)) {
      this.#standDown()
      return this.#outlook.read({ kind: "claim", standing: { claim, revision } }, now.monoMs)
    }
    this.#claiming = this.#awaitedRead = this.#retryAtMs = undefined
    const options = { ...this.#options, decide: this.#decide, nextId: this.#nextId }
    this.#holding = new Holding(options, claim, revision, sent)
    this.#decide({ do: "lead", term: this.#holding.term })
    this.#decide({ do: "announce", standing: { claim, revision } })
    if (resigning) this.#holding.resign(resigning.reason, resigning.to)
  }

  #whileHolding(holding: Holding, event: ElectionEvent, now: Instant): void {
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
      case "resign":
        return holding.resign(event.reason, event.to)
      case "wound-down":
        return holding.woundDown()
      case "handed-on":
        return this.#follow(now)
    }
  }

  /** Somebody else's claim, or none, stands in place of this one's. */
  #heed(holding: Holding, lost: EndReason | undefined, found: Found, now: Instant): void {
    if (!lost) return
    if (holding.phase === "handing") this.#follow(now)
    else this.#stopLeading(lost, now)
    this.#outlook.read(found, now.monoMs)
  }

  #stopLeading(reason: EndReason, now: Instant): void {
    const term = this.#holding?.term ?? 0
    this.#follow(now)
    this.#decide({ do: "stop-leading", term, reason })
  }

  #follow(now: Instant): void {
    const standing = this.#holding?.standing
    this.#holding = undefined
    if (!standing) return
    this.#outlook.read({ kind: "claim", standing }, now.monoMs)
    this.#outlook.ended(reignOf(standing), now.monoMs)
  }

  #readClaim(): void {
    this.#awaitedRead = this.#nextId()
    this.#retryAtMs = undefined
    this.#decide({ do: "read", id: this.#awaitedRead })
  }

  #isAwaited(id: number): boolean {
    if (this.#awaitedRead !== id) return false
    this.#awaitedRead = undefined
    return true
  }

  readonly #decide = (decision: Decision): void => {
    this.#decisions.push(decision)
  }

  readonly #nextId = (): number => {
    this.#lastId += 1
    return this.#lastId
  }
}

function isClaimWith(found: Found, nonce: string): found is Extract<Found, { kind: "claim" }> {
  return found.kind === "claim" && found.standing.claim.nonce === nonce
}
