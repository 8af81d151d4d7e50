/** What a worker may be told on the command line; shared by `pool worker` and `pool cluster`. */
import { type Command, Option } from "commander"
import { timingsOf } from "../config.js"
import { LOG_LEVELS } from "../log.js"
import { checkedName, checkedPool } from "../names.js"
import type { WorkerSettings } from "../process-words.js"
import {
  connectionIn,
  durationIn,
  labelIn,
  type PoolFlags,
  type TimingFlags,
  timingIn,
  wholeIn,
  withPoolFlags,
  withTimingFlags,
} from "./flags.js"

export interface WorkerFlags extends PoolFlags, TimingFlags {
  handler?: string
  lead: boolean
  weight?: number
  label?: Record<string, string>
  concurrency?: number
  handlerTimeout?: number
  grace?: number
  leaderGrace?: number
  allowControl?: boolean
  logLevel: string
}

/** Adds everything that a worker may be told. */
export function withWorkerFlags(command: Command): Command {
  const level = new Option("--log-level <level>", "what to log").choices(LOG_LEVELS)
  return withTimingFlags(withPoolFlags(command))
    .option("--handler <file>", "a module that exports work, leaderWork or lead")
    .option("--no-lead", "work, but never lead")
    .option("--weight <n>", "for the strategy weight: more leads first (1)", wholeIn("--weight", 0))
    .option("--label <key=value>", "a label that strategies can see; may be repeated", labelIn)
    .option("--concurrency <n>", "requests in flight at most (100)", wholeIn("--concurrency", 1))
    .option(
      "--handler-timeout <time>",
      "how long a request may take (30s)",
      durationIn("--handler-timeout"),
    )
    .option(
      "--grace <time>",
      "how long work in flight may take at the end (10s)",
      durationIn("--grace"),
    )
    .option(
      "--leader-grace <time>",
      "the same for what a reign started (1s)",
      durationIn("--leader-grace"),
    )
    .option("--allow-control", "obey orders from the dashboard and the command line")
    .addOption(level.default("info"))
}

/** The settings of the worker `name`. Throws BadInput for what cannot work, before anything is started. */
export function settingsIn(flags: WorkerFlags, name: string): WorkerSettings {
  const timing = timingIn(flags)
  timingsOf(timing)
  return {
    ...timing,
    pool: checkedPool(flags.pool),
    name: checkedName(name),
    connect: connectionIn(flags),
    handler: flags.handler,
    eligible: flags.lead,
    weight: flags.weight,
    labels: flags.label,
    concurrency: flags.concurrency,
    handlerTimeoutMs: flags.handlerTimeout,
    graceMs: flags.grace,
    leaderGraceMs: flags.leaderGrace,
    allowControl: flags.allowControl,
    logLevel: flags.logLevel,
  }
}
