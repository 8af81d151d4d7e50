/** From the flags of a worker to its settings; shared by `pool worker`, `pool cluster` and `pool run`. */
import { BadInput } from "../../errors/errors.js"
import { timingsOf } from "../../lease/timings.js"
import { checkedName, checkedPool } from "../../protocol/names.js"
import { checkedKillStalled } from "../../supervision/stall-watch.js"
import type { WorkerSettings } from "../../supervision/worker-settings.js"
import { handlerFile } from "../../work/handler.js"
import { checkLimits } from "../../worker/limits.js"
import { connectionIn, timingIn } from "./flags.js"
import type { LeadingFlags } from "./leading-flags.js"
import type { WorkerFlags } from "./worker-flags.js"

/** The settings of the worker `name`. Throws BadInput for what cannot work, before anything is started. */
export function settingsIn(flags: WorkerFlags, name: string): WorkerSettings {
  const timing = timingIn(flags)
  timingsOf(timing)
  const limits = {
    concurrency: flags.concurrency ?? flags.threads,
    handlerTimeoutMs: flags.handlerTimeout,
    maxStallMs: flags.maxStall,
  }
  checkLimits(limits)
  const { killStalled } = flags
  if (flags.handler !== undefined) handlerFile(flags.handler)
  else if (flags.threads !== undefined) throw new BadInput("--threads", "--handler with it", "none")
  return {
    ...timing,
    ...leadingIn(flags),
    ...limits,
    leadReturns: flags.leadReturns,
    restarts: flags.restarts,
    pool: checkedPool(flags.pool),
    name: checkedName(name),
    connect: connectionIn(flags),
    handler: flags.handler,
    threads: flags.threads,
    graceMs: flags.grace,
    leaderGraceMs: flags.leaderGrace,
    allowControl: flags.allowControl,
    http: flags.http,
    killStalledMs: killStalled === undefined ? undefined : checkedKillStalled(killStalled),
    logLevel: flags.logLevel,
    isVerbose: flags.verbose,
  }
}

function leadingIn(flags: LeadingFlags): Partial<WorkerSettings> {
  return {
    strategy: flags.strategy,
    prefer: flags.prefer,
    preempt: flags.preempt,
    eligible: flags.lead,
    weight: flags.weight,
    labels: flags.label,
    fenced: flags.fenced,
  }
}
