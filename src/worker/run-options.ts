/** What one run of a member needs, from what a program said when it joined; here are the defaults. */
import { hostname } from "node:os"
import type { Backend } from "../backend/backend.js"
import type { Troubles } from "../contracts/troubles.js"
import type { MemberRunOptions } from "../member/member-run-options.js"
import { oldest, strategyOf } from "../strategies/built-in-strategies.js"
import { machineWeight } from "../strategies/machine-weight.js"
import { OtherPools } from "../strategies/other-pools.js"
import type { Strategy } from "../strategies/strategy.js"
import { builtInHandlers } from "../work/built-in-handlers.js"
import type { Handlers } from "../work/handler.js"
import {
  DEFAULT_GRACE_MS,
  DEFAULT_LEADER_GRACE_MS,
  DEFAULT_PREEMPT_MS,
  type WorkerOptions,
} from "./join-options.js"

/** What the worker itself listens to, and what it keeps over all its runs. */
export type RunListeners = Pick<
  MemberRunOptions,
  | "leadCall"
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
  backend: Backend,
  listeners: RunListeners,
): MemberRunOptions {
  const { work, leaderWork, lead, jobs, weight = 1, preempt } = options
  const given: Handlers = {
    ...(work && { work }),
    ...(leaderWork && { leaderWork }),
    ...(lead && { lead }),
  }
  const hasHandlers = Object.keys(given).length > 0 || jobs !== undefined
  const strategy = strategyOf(options.strategy ?? oldest)
  const { names, timings, clock, random, bus, bucket } = backend
  const { terms, fence, writeHistory, maxPayload, serverName } = backend
  const { troubles, ...told } = listeners
  return {
    context: { names, timings, clock, random, bus, bucket, troubles },
    ...told,
    ...{ terms, fence, writeHistory, maxPayload, serverName, strategy },
    otherPools: otherPoolsOf(strategy, backend, listeners),
    preemptAfterMs: preempt === true ? DEFAULT_PREEMPT_MS : preempt || undefined,
    character: {
      name: backend.name,
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
    meter: backend.status?.metrics,
  }
}

function otherPoolsOf(
  { heeds }: Strategy,
  backend: Backend,
  { troubles }: RunListeners,
): OtherPools | undefined {
  if (!heeds || heeds.length === 0) return undefined
  const { bus, clock, find, timings } = backend
  const limits = { refreshMs: timings.memberTtlMs, answerMs: timings.renewMs / 2 }
  return new OtherPools({ pools: heeds, bus, clock, find, troubles, ...limits })
}
