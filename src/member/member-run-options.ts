/** What one run of a member is given. */
import type { Meter } from "../contracts/meter.js"
import type { PoolContext } from "../coordinator/pool-context.js"
import type { WriteHistory } from "../history/recorder.js"
import type { Fence } from "../jetstream/fence.js"
import type { Leadership } from "../lease/leadership.js"
import type { StandingClaim } from "../protocol/claim.js"
import type { Order } from "../protocol/orders.js"
import type { Terms } from "../protocol/terms.js"
import type { OtherPools } from "../strategies/other-pools.js"
import type { Strategy } from "../strategies/strategy.js"
import type { Handlers } from "../work/handler.js"
import type { LeadCall } from "./lead-call.js"
import type { LeadReturns } from "./leader-duties.js"

/** What a member is, whatever it runs on. */
export interface Character {
  readonly name: string
  readonly host: string
  readonly pid: number
  readonly eligible: boolean
  readonly weight: number
  readonly labels: Readonly<Record<string, string>>
  /** Whether it obeys orders. */
  readonly control: boolean
}

export interface MemberRunOptions {
  readonly context: PoolContext
  /** Those that this worker has known, over all its runs. */
  readonly terms: Terms
  readonly strategy: Strategy
  readonly otherPools?: OtherPools | undefined
  readonly preemptAfterMs?: number | undefined
  readonly character: Character
  /** Keeps what it publishes as leader. */
  readonly fence?: Fence | undefined
  /** Whether each reign raises the fence when it begins, and not with its first message. */
  readonly fenced: boolean
  /** Keeps what is told of reigns. */
  readonly writeHistory?: WriteHistory | undefined
  readonly handlers: (leadership: () => Leadership | undefined) => Handlers
  readonly concurrency?: number | undefined
  readonly handlerTimeoutMs?: number | undefined
  readonly maxPayload?: number | undefined
  /** Name of the server that it is connected to at the moment. */
  readonly serverName?: (() => string | undefined) | undefined
  /** How long simple work in flight may take to finish when the member leaves, in ms. */
  readonly graceMs: number
  /** How long what a reign started may take to finish when it ends kindly, in ms. */
  readonly leaderGraceMs: number
  readonly leadReturns: LeadReturns
  /** The `lead()` that was called last, in whatever run of the worker. */
  readonly leadCall: LeadCall
  /** Whether the worker takes no simple work. */
  readonly isPaused: () => boolean
  readonly meter?: Meter | undefined
  readonly obey: (order: Order) => void
  /** What reigned failed: this run should be ended. */
  readonly onFailed: (error: unknown) => void
  /** The coordinator broke, by a mistake of ours: this run is over, and what it left should be cleared away. */
  readonly onBroken: (error: unknown) => void
  /** `lead` returned while its reign held. */
  readonly onLeadReturned: (leadership: Leadership) => void
  readonly onClaim: (standing: StandingClaim, isOwn: boolean) => void
  /** Told when it begins to lead, and (with undefined) when it ceased. */
  readonly onReign: (leadership: Leadership | undefined) => void
}
