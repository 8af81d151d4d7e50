/** What one run of a member needs, and how it comes from what a program said when it joined; here are the defaults. */
import { hostname } from "node:os"
import type { Ground } from "./backend.js"
import { builtInHandlers } from "./built-in-handlers.js"
import type { WriteHistory } from "./chronicler.js"
import type { StandingClaim } from "./claim.js"
import type { PoolContext } from "./coordinator-options.js"
import type { Fence } from "./fence.js"
import type { Handlers } from "./handler.js"
import {
  DEFAULT_GRACE_MS,
  DEFAULT_LEADER_GRACE_MS,
  DEFAULT_PREEMPT_MS,
  type WorkerOptions,
} from "./join-options.js"
import type { LastLead } from "./last-lead.js"
import type { Leadership } from "./leadership.js"
import { machineWeight } from "./machine-weight.js"
import type { Meter } from "./meter.js"
import { Neighbours } from "./neighbours.js"
import type { Order } from "./orders.js"
import type { LeadReturns } from "./seat.js"
import { strategyOf } from "./strategies.js"
import { oldest, type Strategy } from "./succession.js"
import type { Terms } from "./terms.js"
import type { Troubles } from "./troubles.js"

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
  readonly neighbours?: Neighbours | undefined
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
  /** How long simple work in flight may take to finish when the member leaves, in ms. */
  readonly graceMs: number
  /** How long what a reign started may take to finish when it ends kindly, in ms. */
  readonly leaderGraceMs: number
  readonly leadReturns: LeadReturns
  /** The `lead()` that was called last, in whatever run of the worker. */
  readonly lastLead: LastLead
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

/** What the worker itself listens to, and what it keeps over all its runs. */
export type RunListeners = Pick<
  MemberRunOptions,
  | "lastLead"
  | "isPaused"
  | "obey"
  | "onFailed"
  | "onBroken"
  | "onLeadReturned"
  | "onClaim"
  | "onReign"
> & { readonly troubles: Troubles }

export function runOptionsOf(
  options: WorkerOptions,
  ground: Ground,
  listeners: RunListeners,
): MemberRunOptions {
  const { work, leaderWork, lead, weight = 1, preempt } = options
  const given: Handlers = {
    ...(work && { work }),
    ...(leaderWork && { leaderWork }),
    ...(lead && { lead }),
  }
  const hasHandlers = Object.keys(given).length > 0
  const strategy = strategyOf(options.strategy ?? oldest)
  const { names, timings, clock, random, bus, bucket } = ground
  const { terms, fence, writeHistory, maxPayload } = ground
  const { troubles, ...told } = listeners
  return {
    context: { names, timings, clock, random, bus, bucket, troubles },
    ...told,
    ...{ terms, fence, writeHistory, maxPayload, strategy },
    neighbours: neighboursOf(strategy, ground, listeners),
    preemptAfterMs: preempt === true ? DEFAULT_PREEMPT_MS : preempt || undefined,
    character: {
      name: ground.name,
      host: hostname(),
      pid: process.pid,
      eligible: options.eligible ?? true,
      weight: weight === "auto" ? machineWeight() : weight,
      labels: options.labels ?? {},
      control: options.allowControl ?? false,
    },
    handlers: (leadership) => (hasHandlers ? given : builtInHandlers(leadership)),
    concurrency: options.concurrency,
    handlerTimeoutMs: options.handlerTimeoutMs,
    graceMs: options.graceMs ?? DEFAULT_GRACE_MS,
    leaderGraceMs: options.leaderGraceMs ?? DEFAULT_LEADER_GRACE_MS,
    leadReturns: options.leadReturns ?? "done",
    fenced: options.fenced ?? false,
    meter: ground.status?.metrics,
  }
}

function neighboursOf(
  { heeds }: Strategy,
  ground: Ground,
  { troubles }: RunListeners,
): Neighbours | undefined {
  if (!heeds || heeds.length === 0) return undefined
  const { bus, clock, find, timings } = ground
  const limits = { refreshMs: timings.memberTtlMs, answerMs: timings.renewMs / 2 }
  return new Neighbours({ pools: heeds, bus, clock, find, troubles, ...limits })
}
