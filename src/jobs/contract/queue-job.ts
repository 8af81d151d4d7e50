/** A job as its handler sees it, and what a program says of a queue that it serves. */
import type { MsgHdrs } from "nats"
import {
  callable,
  checkKind,
  checkOptions,
  isPlain,
  type KindsOf,
  kind,
  numberFrom,
  waitMs,
  wholeFrom,
} from "../../options/known-options.js"
import type { MemberLabel } from "../../protocol/member.js"
import { checkedQueue } from "./job-names.js"

/** A job in a worker's hands. */
export interface QueueJob {
  /** Unique to this job; the same in each of its attempts. */
  readonly id: string
  readonly queue: string
  /** 0, or higher if it was to be done before others. */
  readonly priority: number
  /** Which try this is, from 1; those in which the worker died or was stopped are not counted. */
  readonly attempt: number
  /** How often it may fail. */
  readonly attempts: number
  /** When it was enqueued, in ms since 1970. */
  readonly enqueuedMs: number
  /** The payload as it came. */
  readonly data: Uint8Array
  /** The headers that came with it. A `traceparent` and `tracestate` (W3C Trace Context) are on its result too. */
  readonly headers: MsgHdrs | undefined
  /**
   * Fires when it is cancelled, when its time is over, when the worker stops without waiting for it, and when its lease is
   * over: then somebody else may run it. Its `reason` is an Error that says which. It is computed, as the signal of a reign
   * is (see Leadership.signal): look at it before each act.
   */
  readonly signal: AbortSignal
  /**
   * Grows with each time that this job is handed out: pass it along with every write elsewhere, and let the other side refuse
   * a lower one. At least once stays at least once, for a worker may be frozen between a look at the signal and the act.
   */
  readonly token: number
  /** Who runs it. */
  readonly member: MemberLabel
  /** The payload as text (UTF-8). */
  text(): string
  /** The payload as JSON. Throws BadRequest if it is none; a job that fails with that is not tried again. */
  json<T = unknown>(): T
  /** Says how far it is, to whoever asks or listens; sent at most five times a second. `value` is anything JSON can hold. */
  progress(value: unknown): void
}

/**
 * Does a job. What it returns is the result, as for a request. What it throws fails the attempt: the job is tried again after
 * a while, longer each time; in `retryAfterMs` if the error has such a number. BadRequest, and the last attempt, fail it for
 * good: it is put with the dead.
 */
export type JobHandler = (job: QueueJob) => unknown

/** How a worker serves a queue. */
export interface QueueOptions {
  readonly handler: JobHandler
  /** How many jobs of it this worker runs at once. Default 10. */
  readonly concurrency?: number
  /** How many run at once in the whole pool, of each priority; the last worker that says so decides. Default: no limit. */
  readonly limit?: number
  /** How long an attempt may take, in ms; then its signal fires, and it has failed. Default: as long as it needs. */
  readonly timeoutMs?: number
  /**
   * After how many ms a job goes on elsewhere whose worker is gone without a word, from 1000; the last worker that says so
   * decides. Default 6000 on one replica, 15000 on more.
   */
  readonly leaseMs?: number
}

/** The queues that a worker serves, by name. */
export type JobQueues = Readonly<Record<string, JobHandler | QueueOptions>>

export const DEFAULT_CONCURRENCY = 10
const SHORTEST_LEASE_MS = 1_000

const QUEUE_OPTIONS = {
  handler: callable,
  concurrency: wholeFrom(1),
  limit: wholeFrom(1),
  timeoutMs: waitMs,
  leaseMs: numberFrom(SHORTEST_LEASE_MS, 3_600_000),
} satisfies KindsOf<QueueOptions>

const served = kind("a function, or an object with options", isPlain)

/** `queues` with a QueueOptions each. Throws BadInput. */
export function queuesIn(queues: JobQueues): ReadonlyMap<string, QueueOptions> {
  const entries = Object.entries(queues).map(([name, given]) => {
    checkedQueue(name)
    if (typeof given === "function") return [name, { handler: given }] as const
    checkKind(`jobs.${name}`, given, served)
    checkOptions("a queue", given, QUEUE_OPTIONS, `jobs.${name}.`)
    checkKind(`jobs.${name}.handler`, given.handler, callable)
    return [name, given] as const
  })
  return new Map(entries)
}
