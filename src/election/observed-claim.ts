/**
 * What a member that does not lead knows of the claim, and when its own turn to claim comes.
 *
 * A reign is over if that was proven (its own word, its supervisor's, a release) or if nobody saw it renewed
 * for longer than its lease. Then the heirs that the leader published take their turns one step apart, and
 * everybody else after them. A claim that vanished, or can't be decoded, proves nothing: who knew a claim
 * waits out its lease. With no claim and none ever known, the members rank themselves.
 */
import { lapsesAt } from "../lease/lease.js"
import {
  type Claim,
  type Ended,
  endOf,
  type Heir,
  isOver,
  type StandingClaim,
  type Word,
} from "../protocol/claim.js"
import { silenceMsOf } from "../protocol/crowd.js"
import { type Found, revisionOf } from "../protocol/entries.js"

/** What it needs to know of its member. */
export interface ObservedClaimOptions {
  readonly self: Heir
  readonly leaseMs: number
  readonly stepMs: number
  readonly coldStartMs: number
  /** Whether this member hears of each renewal of a claim. Default: of all. */
  readonly isAttentive?: (claim: Claim) => boolean
  /** 0 to 1; spreads those that have no place in the line. */
  readonly random: () => number
}

/** Members without a place spread their turns over this many steps. */
const SPREAD_STEPS = 5
/** So many members of a new pool list it at once. */
const LISTING_AT_ONCE = 12

export class ObservedClaim {
  readonly #options: ObservedClaimOptions
  #last:
    | {
        readonly found: Found
        readonly seenMs: number
        /** How much longer than a lease it may be silent, for this member is not told of each renewal. */
        readonly silenceMs: number
      }
    | undefined
  /** When that was last seen to be so. */
  #sureMs = Number.NEGATIVE_INFINITY
  /** The last claim that could be read, even if it vanished since. */
  #standing: StandingClaim | undefined
  #over:
    | {
        readonly reign: Ended
        readonly reason: string | undefined
        readonly atMs: number
        readonly isSummons: boolean
      }
    | undefined
  #ranking: { readonly place: number; readonly fromMs: number } | undefined
  /** When this member's turn to list the members comes, if it was told to wait for it. */
  #queuedUntilMs: number | undefined
  #jitter = 0

  constructor(options: ObservedClaimOptions) {
    this.#options = options
  }

  /** The last claim seen; it may have vanished since. */
  get standing(): StandingClaim | undefined {
    return this.#standing
  }

  /** The revision to claim over. */
  get revision(): number {
    return this.#last ? revisionOf(this.#last.found) : 0
  }

  /**
   * Takes note of something read: any other revision than before is news, for the bucket may be a new one. What was read
   * because nothing was heard any more is not given more time than a lease.
   */
  read(found: Found, nowMs: number, isDoubted = false): void {
    this.#sureMs = nowMs
    if (this.#last && isSame(this.#last.found, found)) return
    this.#note(found, nowMs, isDoubted ? 0 : this.#silenceMs(found))
  }

  /** Takes note of something announced or watched; false if it is older than what is known. */
  heard(found: Found, nowMs: number): boolean {
    if (revisionOf(found) <= this.revision) return false
    this.#sureMs = nowMs
    this.#note(found, nowMs, this.#silenceMs(found))
    return true
  }

  #silenceMs(found: Found): number {
    if (found.kind !== "claim") return 0
    const { isAttentive = () => true, leaseMs } = this.#options
    const { claim } = found.standing
    return isAttentive(claim) ? 0 : silenceMsOf(claim, leaseMs)
  }

  #note(found: Found, nowMs: number, silenceMs: number): void {
    this.#last = { found, seenMs: nowMs, silenceMs }
    this.#ranking = undefined
    this.#queuedUntilMs = undefined
    this.#jitter = this.#options.random()
    if (found.kind !== "claim") return
    const { standing } = found
    this.#standing = standing
    const mine = standing.claim.id === this.#options.self.id
    // A claim of one's own that one does not hold is the late arrival of an attempt given up.
    const { released } = standing.claim
    if (released || mine) this.ended(endOf(standing), nowMs, released?.reason)
  }

  /** Takes note of proof that `reign` is over. A summons is the word to this very member: its turn is now. */
  ended(reign: Ended, nowMs: number, reason?: string, isSummons = false): void {
    const { id, term, nonce } = this.#over?.reign ?? {}
    const isNews = reign.id !== id || reign.term !== term || reign.nonce !== nonce
    if (isNews || isSummons) this.#over = { reign, reason, atMs: nowMs, isSummons }
  }

  /** Why the reign that was last told to be over ended, if that was said. */
  get whyOver(): string | undefined {
    return this.#over?.reason
  }

  /** The holder of a claim that stands there and was not renewed. */
  get silent(): string | undefined {
    return this.#last?.found.kind === "claim" ? this.#standing?.claim.id : undefined
  }

  /** The reign that was last proven to be over; it need not be the last one seen. */
  get lastEnded(): Ended | undefined {
    return this.#over?.reign
  }

  /**
   * Whether what is known was seen lately. What a member knew before it stood still may be of a bucket that is no
   * more, and the claim of another may have that very revision in a new one.
   */
  isFresh(nowMs: number): boolean {
    return nowMs - this.#sureMs <= this.#options.leaseMs / 2
  }

  /** Whether a claim stood there when it was last seen. */
  get isThere(): boolean {
    return this.#last?.found.kind === "claim"
  }

  /** Whether the reign last seen is proven to be over. */
  get isProvenOver(): boolean {
    const known = this.#standing
    return !!known && !!this.#over && isOver(known, this.#over.reign)
  }

  /** Takes the word that a reign is over as a summons; false if something newer is known. */
  summoned(word: Word, nowMs: number): boolean {
    const known = this.#standing
    if (known && !isOver(known, word) && known.revision >= word.revision) return false
    this.ended(word, nowMs, word.reason, true)
    return true
  }

  /** Takes note of this member's place among all, where there is no claim. */
  ranked(place: number, hasVeterans: boolean, nowMs: number): void {
    // Nothing in the protocol deletes a claim, so a deletion's mark means that there was one until just now.
    const wasDeleted = this.revision > 0
    const waitMs = hasVeterans || wasDeleted ? lapsesAt(0, this.#options.leaseMs) : 0
    this.#ranking = { place, fromMs: nowMs + waitMs }
  }

  /**
   * So many older ones begin with this member, and each would list all. The oldest do so at once, the others one each
   * step, and who hears of a claim by then not at all. After a lease they come faster: the oldest seem not to lead.
   */
  queued(older: number, nowMs: number): void {
    const { stepMs, leaseMs } = this.#options
    const inTurnMs = stepMs * Math.max(0, older + 1 - LISTING_AT_ONCE)
    const waitMs = inTurnMs < leaseMs ? inTurnMs : leaseMs + stepMs * Math.sqrt(older)
    this.#queuedUntilMs = nowMs + waitMs
  }

  get isQueued(): boolean {
    return this.#queuedUntilMs !== undefined
  }

  /** When the members should be ranked, if that is what is missing. */
  get rankAtMs(): number | undefined {
    const isCold = this.#last?.found.kind === "none" && !this.#standing && !this.#ranking
    if (!isCold || !this.#last) return undefined
    return this.#queuedUntilMs ?? this.#last.seenMs + this.#options.coldStartMs
  }

  /** The monotonic time of this member's turn to claim, if one is in sight. */
  get turnAtMs(): number | undefined {
    if (!this.#last) return undefined
    const { self, stepMs, leaseMs } = this.#options
    const afterAll = (count: number) => count + this.#jitter * SPREAD_STEPS
    if (this.#standing) {
      const { heirs, lease } = this.#standing.claim
      const { isThere } = this
      const over = isThere && this.isProvenOver ? this.#over : undefined
      if (over?.isSummons) return over.atMs
      const place = heirs.findIndex((heir) => heir.id === self.id)
      const turn = stepMs * (place >= 0 ? place : afterAll(heirs.length))
      if (over) return over.atMs + turn
      const { seenMs, silenceMs } = this.#last
      // What vanished may have been a later claim than the one known: wait from when it was seen gone.
      return lapsesAt(seenMs, isThere ? lease : Math.max(lease, leaseMs)) + silenceMs + turn
    }
    if (this.#last.found.kind === "broken") {
      return lapsesAt(this.#last.seenMs, leaseMs) + stepMs * afterAll(0)
    }
    if (!this.#ranking) return undefined
    const { place, fromMs } = this.#ranking
    return fromMs + stepMs * place
  }
}

/** Whether both are one and the same sight. A bucket created anew may show another claim at a revision once seen. */
function isSame(a: Found, b: Found): boolean {
  if (a.kind === "claim" && b.kind === "claim") {
    const [one, other] = [a.standing, b.standing]
    return one.revision === other.revision && one.claim.nonce === other.claim.nonce
  }
  return a.kind === b.kind && revisionOf(a) === revisionOf(b)
}
