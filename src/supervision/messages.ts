/** What a supervisor and its worker processes say to each other. */
import type { TimingOptions } from "../lease/timings.js"
import type { LeadReturns } from "../member/leader-duties.js"
import type { RestartIntensity } from "../member/restarts.js"
import type { ConnectionOptions } from "../nats/connection.js"
import type { StandingClaim } from "../protocol/claim.js"
import type { StrategyWords } from "../strategies/load-strategy.js"
import type { CommandSettings } from "./command-runner.js"

/** Everything a worker process needs to know; plain data. */
export interface WorkerSettings extends TimingOptions, StrategyWords {
  readonly pool: string
  readonly name: string
  readonly connect: ConnectionOptions
  /** Path of the user's handler module; the built-in handlers if there is none. */
  readonly handler?: string | undefined
  /** How many threads run the module's work; 0 or none: the worker's own. */
  readonly threads?: number | undefined
  /** A program to run while it leads, instead of a handler; then it does no simple work. */
  readonly command?: CommandSettings | undefined
  readonly eligible?: boolean | undefined
  readonly weight?: number | "auto" | undefined
  readonly labels?: Readonly<Record<string, string>> | undefined
  readonly preempt?: boolean | number | undefined
  readonly leadReturns?: LeadReturns | undefined
  readonly fenced?: boolean | undefined
  readonly restarts?: RestartIntensity | undefined
  readonly concurrency?: number | undefined
  readonly handlerTimeoutMs?: number | undefined
  readonly graceMs?: number | undefined
  readonly leaderGraceMs?: number | undefined
  readonly maxStallMs?: number | undefined
  readonly allowControl?: boolean | undefined
  /** `port` or `host:port` to answer on over HTTP. */
  readonly http?: string | undefined
  readonly logLevel?: string | undefined
  /** Whether its log shows the stack of each error. */
  readonly isVerbose?: boolean | undefined
}

/** From the supervisor. */
export type ToWorker =
  | { readonly type: "start"; readonly settings: WorkerSettings }
  /** Stop kindly. */
  | { readonly type: "stop" }

/** From the worker. */
export type FromWorker =
  /** It is ready, under this key and id; again after each restart of its service. */
  | { readonly type: "joined"; readonly key: string; readonly id: string }
  /** It holds this claim, acknowledged; or none any more. */
  | { readonly type: "holds"; readonly standing?: StandingClaim }
  /** A program runs in this process group. */
  | { readonly type: "runs"; readonly group: number }
  /** Nothing of that group runs any more. */
  | { readonly type: "ran"; readonly group: number }
  /** It left kindly; what follows is its exit. */
  | { readonly type: "left" }
  /** It could not join, or go on. */
  | { readonly type: "failed"; readonly message: string; readonly code: string }
