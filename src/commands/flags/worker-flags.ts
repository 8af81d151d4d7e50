/** What a worker may be told on the command line; shared by `pool worker` and `pool cluster`. */
import { type Command, Option } from "commander"
import { BadInput } from "../../errors/errors.js"
import type { LeadReturns } from "../../member/leader-duties.js"
import type { RestartIntensity } from "../../member/restarts.js"
import { LOG_LEVELS } from "../../supervision/worker-settings.js"
import {
  durationIn,
  type PoolFlags,
  type TimingFlags,
  wholeIn,
  withPoolFlags,
  withTimingFlags,
} from "./flags.js"
import { type LeadingFlags, withLeadingFlags } from "./leading-flags.js"

export interface WorkerFlags extends PoolFlags, TimingFlags, LeadingFlags {
  handler?: string
  leadReturns?: LeadReturns
  restarts?: RestartIntensity
  threads?: number
  concurrency?: number
  handlerTimeout?: number
  grace?: number
  leaderGrace?: number
  maxStall?: number
  killStalled?: number
  allowControl?: boolean
  respawn?: boolean
  http?: string
  logLevel: string
  /** Of the program, not of the command. */
  verbose?: boolean
}

/** Adds everything that a worker may be told. */
export function withWorkerFlags(command: Command): Command {
  const level = new Option("--log-level <level>", "what to log")
  const returns = new Option(
    "--lead-returns <what>",
    "what it means when lead() returns (default: done)",
  )
  const basic = withTimingFlags(withPoolFlags(command)).option(
    "--handler <file>",
    "a module that exports work, leaderWork, lead, jobs or cron (default: says who did the work)",
  )
  return withLeadingFlags(basic)
    .addOption(returns.choices(["done", "release", "fail"]))
    .option(
      "--restarts <n/time>",
      "failures within a time after which a worker ends (default: 5/1m)",
      restartsIn,
    )
    .option(
      "--concurrency <n>",
      "requests in flight at most (default: 100; with --threads as many)",
      wholeIn("--concurrency", 1),
    )
    .option(
      "--handler-timeout <time>",
      "how long a request may take (default: 30s)",
      durationIn("--handler-timeout"),
    )
    .option(
      "--grace <time>",
      "how long work in flight may take at the end (default: 10s)",
      durationIn("--grace"),
    )
    .option(
      "--leader-grace <time>",
      "the same for what a reign started (default: 1s)",
      durationIn("--leader-grace"),
    )
    .option(
      "--threads <n>",
      "run work and leaderWork of the handler in threads (default: none)",
      wholeIn("--threads", 1),
    )
    .option(
      "--max-stall <time>",
      "a leader whose event loop stood still for longer gives up leading (default: never)",
      durationIn("--max-stall"),
    )
    .option(
      "--kill-stalled <time>",
      "a worker that stands still for longer is killed, and its jobs go on elsewhere (default: never)",
      durationIn("--kill-stalled"),
    )
    .option(
      "--respawn",
      "start a worker again that died, later each time (not one that was stopped)",
    )
    .addOption(level.choices(LOG_LEVELS).default("info"))
}

function restartsIn(text: string): RestartIntensity {
  const [failures = "", time] = text.split("/")
  if (time === undefined) throw new BadInput("--restarts", "a number and a time such as 5/1m", text)
  return {
    failures: wholeIn("--restarts", 0)(failures),
    withinMs: durationIn("--restarts")(time),
  }
}
