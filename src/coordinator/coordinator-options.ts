/** What a coordinator is given: what it stands on, whom it tells, and its duties when it leads. */
import type { Meter } from "../contracts/meter.js"
import type { Leadership, Publish } from "../lease/leadership.js"
import type { SelfPortrait } from "../membership/membership.js"
import type { StandingClaim, Word } from "../protocol/claim.js"
import type { OtherPools } from "../strategies/other-pools.js"
import type { Strategy } from "../strategies/strategy.js"
import type { EndedReign } from "./hand-on.js"
import type { PoolContext } from "./pool-context.js"

/** What a member does with its leadership. */
export interface Duties {
  /** A claim is about to be sent: listen for tracked work, hold what arrives. Goes on if it does so already. */
  prepare(): void
  /** The claim went to somebody else: stop listening, forget what was held. */
  abandon(): void
  /** This member leads: answer what was held, and what comes. */
  begin(leadership: Leadership): void
  /** The reign was announced: begin whatever else belongs to it. Also when it is over by then. */
  takeUp(leadership: Leadership): void
  /**
   * The reign is ending: take nothing more; resolves when what it started is finished or out of time, and all that was sent
   * here is answered.
   */
  windDown(): Promise<void>
  /** What was wound down is handed on: somebody else may lead from now on. */
  close(): void
  /** The heir was told: end whatever else belongs to the reign. */
  layDown(): void
  /** The reign is over, now: answer nothing more. */
  lapse(): void
}

export interface CoordinatorOptions {
  readonly context: PoolContext
  readonly strategy: Strategy
  /** Who leads the other pools that the strategy heeds. */
  readonly otherPools?: OtherPools | undefined
  /** Give way to a member that has stood first for this long, in ms; without it never. */
  readonly preemptAfterMs?: number | undefined
  readonly duties: Duties
  readonly meter?: Meter | undefined
  readonly portrait: () => SelfPortrait
  /** Whether this member may lead at this instant. Default: what the portrait says when it joins. */
  readonly mayLead?: () => boolean
  readonly nonce: () => string
  /**
   * Told of each claim this member hears of, or has written and announced; and when it became known here, on the monotonic
   * clock.
   */
  readonly onClaim?: (standing: StandingClaim, isOwn: boolean, knownMs: number) => void
  /** Stores what this member publishes as leader; a pool without a server can't. */
  readonly publish?: Publish | undefined
  /** Told of each word that a reign is over. */
  readonly onWord?: (word: Word) => void
  /** Told that a reign which this member ended was followed by nobody. */
  readonly onReleased?: (ended: EndedReign) => void
  /** Told that the state machine itself threw: its reign has ended, and it takes part in nothing any more. */
  readonly onBroken?: (error: unknown) => void
}
