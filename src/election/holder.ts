/**
 * A claim held: from its first acknowledgement to the end of the reign.
 *
 *   leading   renews the claim, and leads as long as the lease holds
 *   ending    does not lead any more, but still renews while what the reign started winds down
 *   over      renews no more; the heirs are being told
 *
 * One failed renewal is not a loss: it is tried again until the lease is over. A refused one means: read the claim.
 * If it is this very reign's, an acknowledgement was lost, and the lease counts from the earliest attempt that it
 * can have been; else the reign is over.
 */
import type { EndReason } from "../lease/leadership.js"
import { Lease } from "../lease/lease.js"
import type { Claim, Heir, Reign, StandingClaim } from "../protocol/claim.js"
import { MAX_HEIRS } from "../protocol/crowd.js"
import { type Found, revisionOf } from "../protocol/entries.js"
import type { Instant } from "../time/clock.js"
import type { Decide, SuccessionLine } from "./events.js"

/** How much of the time to the next renewal must fit into the silence that was promised: renewals are never quite in time. */
const TOO_LATE = 0.5

export interface HolderOptions {
  readonly leaseMs: number
  readonly renewMs: number
  readonly stepMs: number
  /** Default MAX_HEIRS. */
  readonly mostHeirs?: number
  /** Takes what is to be done. */
  readonly decide: Decide
  /** Numbers attempts and reads; grows. */
  readonly nextId: () => number
}

export class Holder {
  readonly term: number
  readonly lease: Lease
  readonly #options: HolderOptions
  readonly #claim: Claim
  #reason: EndReason = "released"
  #line: SuccessionLine
  #revision: number
  #wakeAtMs: number
  /** The renewal under way. */
  #attempt: { readonly id: number; readonly sent: Instant } | undefined
  /** When the first renewal since the last acknowledgement was sent whose fate is unknown. */
  #unsureSince: Instant | undefined
  /** A renewal was refused: the read that says why; 0 while it must be asked again. */
  #verdict: number | undefined
  /** Wound down: until when it waits for the answer to its last renewal. */
  #endsByMs: number | undefined
  /** The line changed since the last renewal was sent. */
  #isLineNew = false
  /** When all were told last, and of which line. */
  #toldAll: { readonly atMs: number; readonly line: string }

  constructor(options: HolderOptions, claim: Claim, revision: number, sent: Instant) {
    this.#options = options
    this.#claim = claim
    this.#line = claim
    this.#revision = revision
    this.term = claim.term ?? revision
    this.lease = new Lease(sent, options.leaseMs)
    this.#toldAll = { atMs: sent.monoMs, line: this.#named(claim) }
    this.#wakeAtMs = sent.monoMs + options.renewMs
  }

  get reign(): Reign {
    return { id: this.#claim.id, term: this.term }
  }

  /** The claim as it would be renewed now, at the last revision known to be its own. */
  get standing(): StandingClaim {
    return { claim: this.#renewal(), revision: this.#revision }
  }

  /** When to call `wake`, if at all. */
  get wakeAtMs(): number | undefined {
    const { phase, endMonoMs } = this.lease
    if (phase === "over") return undefined
    if (this.#endsByMs !== undefined) return Math.min(endMonoMs, this.#endsByMs)
    const isWaiting = this.#attempt || this.#verdict
    return isWaiting ? endMonoMs : Math.min(endMonoMs, this.#wakeAtMs)
  }

  wake(now: Instant): void {
    if (this.#endsByMs !== undefined) return now.monoMs < this.#endsByMs ? undefined : this.#end()
    if (now.monoMs < this.#wakeAtMs || this.lease.phase === "over") return
    if (this.#attempt || this.#verdict) return
    if (this.#verdict === 0) return this.#ask()
    this.#attempt = { id: this.#options.nextId(), sent: now }
    this.#isLineNew = false
    const { id } = this.#attempt
    this.#options.decide({ do: "renew", attempt: id, over: this.#revision, claim: this.#renewal() })
  }

  /** Renews, or asks, as soon as nothing is under way. */
  hurry(now: Instant): void {
    this.#wakeAtMs = now.monoMs
    this.wake(now)
  }

  written(attempt: number, revision: number, now: Instant): void {
    if (this.#attempt?.id !== attempt) return
    const { sent } = this.#attempt
    this.#attempt = undefined
    this.#renewed(revision, sent)
    if (this.#endsByMs !== undefined) this.#end()
    else if (this.#isLineNew) this.hurry(now)
  }

  refused(attempt: number): void {
    if (this.#attempt?.id !== attempt) return
    this.#attempt = undefined
    if (this.#endsByMs !== undefined) this.#end()
    else if (this.lease.phase !== "over") this.#ask()
  }

  unsure(attempt: number, now: Instant): void {
    if (this.#attempt?.id !== attempt) return
    const { sent } = this.#attempt
    this.#unsureSince ??= sent
    this.#attempt = undefined
    if (this.#endsByMs !== undefined) return this.#end()
    // Where nobody answers for JetStream the refusal comes at once: not as often as that.
    this.#wakeAtMs = sent.monoMs + this.#options.stepMs
    this.wake(now)
  }

  /** The answer to a read; returns why the reign is over, if it is. */
  read(id: number, found: Found, now: Instant): EndReason | undefined {
    if (this.#verdict !== id) return undefined
    this.#verdict = undefined
    if (!this.#isOwn(found)) return found.kind === "none" ? "bucket lost" : "evicted"
    const revision = revisionOf(found)
    if (this.#unsureSince && revision > this.#revision) this.#renewed(revision, this.#unsureSince)
    else this.#revision = Math.max(this.#revision, revision)
    this.#wakeAtMs = now.monoMs + this.#options.stepMs
    return undefined
  }

  readFailed(id: number, now: Instant): void {
    if (this.#verdict !== id) return
    this.#verdict = 0
    this.#wakeAtMs = now.monoMs + this.#options.stepMs
  }

  /** Something was announced or watched; returns why the reign is over, if it is. */
  heard(found: Found): EndReason | undefined {
    if (revisionOf(found) <= this.#revision || this.#isOwn(found)) return undefined
    return found.kind === "none" ? "bucket lost" : "evicted"
  }

  /**
   * The line of succession as it is now. Other heirs are published at once, and who hears of what; another reason ("oldest
   * of 57") waits for the next renewal, or a thousand members that join would each cause one.
   */
  lineIs(line: SuccessionLine, now: Instant): void {
    const isSame = this.#named(line) === this.#named(this.#line)
    this.#line = line
    if (isSame) return
    this.#isLineNew = true
    this.hurry(now)
  }

  /** One in the line is not there any more. */
  isGone(key: string, now: Instant): void {
    const heirs = this.#line.heirs.filter((heir) => heir.key !== key)
    this.lineIs({ ...this.#line, heirs }, now)
  }

  /** Leads no more, to be followed by `to` if it is named. */
  resign(reason: EndReason, to?: Heir): void {
    if (this.lease.phase !== "leading") return
    this.lease.phase = "ending"
    this.#reason = reason
    if (to) {
      const others = this.#line.heirs.filter((heir) => heir.id !== to.id)
      this.#line = { ...this.#line, heirs: [to, ...others] }
    }
    this.#options.decide({ do: "wind-down", term: this.term, reason })
  }

  /** All that the reign started is finished: the heirs can be told. */
  woundDown(now: Instant): void {
    if (this.lease.phase !== "ending") return
    // An heir claims over the revision that it is told, and that will be another one.
    if (this.#attempt) this.#endsByMs = now.monoMs + this.#options.stepMs
    else this.#end()
  }

  #end(): void {
    this.#endsByMs = undefined
    this.lease.phase = "over"
    const { reign, standing } = this
    this.#options.decide({ do: "hand-on", reign, standing, reason: this.#reason })
  }

  #ask(): void {
    this.#verdict = this.#options.nextId()
    this.#options.decide({ do: "read", id: this.#verdict })
  }

  #renewed(revision: number, sent: Instant): void {
    this.#unsureSince = undefined
    this.#revision = Math.max(this.#revision, revision)
    this.lease.renewed(sent)
    this.#wakeAtMs = sent.monoMs + this.#options.renewMs
    if (this.lease.phase === "over" || this.#endsByMs !== undefined) return
    const to = this.#isForAll(sent.monoMs) ? "all" : "attentive"
    if (to === "all") this.#toldAll = { atMs: sent.monoMs, line: this.#named(this.#line) }
    this.#options.decide({ do: "announce", standing: this.standing, to })
  }

  /** Where many listen, a renewal that says nothing new is told to all only if the next one would come too late. */
  #isForAll(sentMs: number): boolean {
    const { crowd } = this.#line
    if (!crowd || this.#named(this.#line) !== this.#toldAll.line) return true
    return sentMs + this.#options.renewMs * TOO_LATE - this.#toldAll.atMs > crowd.silence
  }

  #renewal(): Claim {
    const { heirs, strategy, reason, crowd } = this.#line
    const { crowd: _, ...claim } = this.#claim
    return {
      ...claim,
      term: this.term,
      heirs: heirs.slice(0, this.#mostHeirs),
      strategy,
      reason,
      ...(crowd && { crowd }),
    }
  }

  get #mostHeirs(): number {
    return this.#options.mostHeirs ?? MAX_HEIRS
  }

  /** What is published at once when it changes. */
  #named({ heirs, crowd }: SuccessionLine): string {
    const ids = heirs.slice(0, this.#mostHeirs).map((heir) => heir.id)
    return [...ids, crowd?.silence].join()
  }

  #isOwn(found: Found): boolean {
    if (found.kind !== "claim" || found.standing.claim.released) return false
    return found.standing.claim.nonce === this.#claim.nonce
  }
}
