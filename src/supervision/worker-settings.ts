/** Everything a worker process is told about what to do and how: plain data, which goes from one process to another. */
import type { TimingOptions } from "../lease/timings.js"
import type { LeadReturns } from "../member/leader-duties.js"
import type { RestartIntensity } from "../member/restarts.js"
import type { ConnectionOptions } from "../nats/connection.js"
import type { StrategyWords } from "../strategies/strategy-words.js"

/** What a worker can log, from all to nothing. */
export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const

/** When a program that ended by itself is started anew, in a later reign. */
export const COMMAND_RESTARTS = ["on-failure", "always", "never"] as const
export type CommandRestart = (typeof COMMAND_RESTARTS)[number]

/** Which program to run, and how; plain data. */
export interface CommandSettings {
  readonly argv: readonly string[]
  readonly restart: CommandRestart
  /** How long it may take to end after SIGTERM, in ms. */
  readonly graceMs: number
  /** How long to wait after its first failure, in ms; doubled with each that follows. */
  readonly backoffMs: number
}

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
  /** After standing still for so long its supervisor kills it. */
  readonly killStalledMs?: number | undefined
  readonly allowControl?: boolean | undefined
  /** `port` or `host:port` to answer on over HTTP. */
  readonly http?: string | undefined
  readonly logLevel?: string | undefined
  /** Whether its log shows the stack of each error. */
  readonly isVerbose?: boolean | undefined
}
