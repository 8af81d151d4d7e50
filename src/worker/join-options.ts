/** What a program may say when it joins a pool; everything has a default. */
import { POOL_PLACE, type PoolPlace } from "../backend/pool-options.js"
import type { CronDefinitions } from "../cron/definition.js"
import type { JobWitness } from "../jobs/give-back/job-witness.js"
import type { Leadership } from "../lease/leadership.js"
import type { TimingOptions } from "../lease/timings.js"
import type { LeadReturns } from "../member/leader-duties.js"
import { RESTART_INTENSITY, type RestartIntensity } from "../member/restarts.js"
import type { LeaderNews } from "../observe/leader-watch.js"
import {
  callable,
  either,
  having,
  isPlain,
  type KindsOf,
  kind,
  number,
  numberFrom,
  oneOf,
  optionsLike,
  text,
  textByName,
  timeMs,
  yesOrNo,
} from "../options/known-options.js"
import type { StandingClaim } from "../protocol/claim.js"
import { type RankFunction, wholeStrategy } from "../strategies/built-in-strategies.js"
import type { Strategy } from "../strategies/strategy.js"
import type { Handlers } from "../work/handler.js"

/** How long simple work and a reign may take to finish when they end kindly, where nothing else is said. */
export const DEFAULT_GRACE_MS = 10_000
export const DEFAULT_LEADER_GRACE_MS = 1_000
/** How long a better-ranked member must have stood first before a leader gives way, in ms. */
export const DEFAULT_PREEMPT_MS = 10_000

/**
 * What a worker is given, but for what needs the worker itself: see JoinOptions. What a callback (`on...`) throws, or
 * rejects with if it is async, is reported, and ends neither a reign nor the process.
 */
export interface WorkerOptions extends Handlers, TimingOptions, PoolPlace {
  /** A label for this worker. Default: host and pid. */
  readonly name?: string
  /**
   * Who comes first: `oldest`, `weight`, `apartFrom(pool)`, `preferring(labels)`, or a function that ranks. All
   * members of a pool should have the same. Default `oldest`.
   */
  readonly strategy?: Strategy | RankFunction
  /**
   * Whether this worker, when it leads, gives way to a member that the strategy ranks before it: once that one has
   * stood first for this many ms, `true` for 10000. So leadership moves at most once in that time. Default false:
   * a leader stays until it leaves.
   */
  readonly preempt?: boolean | number
  /** Whether this worker may lead. Default true. */
  readonly eligible?: boolean
  /** For the strategy `weight`: more leads first; `auto` counts cores and memory. Default 1. */
  readonly weight?: number | "auto"
  /** What strategies can see, e.g. `{ zone: "a" }`; 4 KiB in all as JSON. */
  readonly labels?: Readonly<Record<string, string>>
  /** How many requests of simple work may be in flight. Default 100. */
  readonly concurrency?: number
  /** How long a handler may take, in ms. Default 30000. */
  readonly handlerTimeoutMs?: number
  /** How long simple work may take to finish when the worker leaves, in ms. Default 10000. */
  readonly graceMs?: number
  /**
   * How long what a reign started may take to finish when it ends kindly, in ms. Then the reign is handed on all the same; a
   * `lead` that still runs keeps this worker from leading until it has returned. Default 1000.
   */
  readonly leaderGraceMs?: number
  /**
   * What it means when `lead` returns before its reign is over. `done` (default): nothing, the reign goes on.
   * `release`: it gives up leading, and stays a member. `fail`: the same as if it had thrown.
   */
  readonly leadReturns?: LeadReturns
  /**
   * Whether each reign keeps earlier ones from publishing as soon as it has begun, and not with its own first message;
   * see Leadership.publish. Needs server 2.11. Default false.
   */
  readonly fenced?: boolean
  /**
   * How many failures within which time are too many: then the worker leaves, and `closed` rejects with
   * TooManyFailures. Until then it joins anew after each, at the end of the line. Default 5 in 60000 ms.
   */
  readonly restarts?: Partial<RestartIntensity>
  /**
   * A leader whose event loop stood still for longer than this, in ms, gives up leading as soon as it moves again, for
   * what it does next may come late as well. From 40. Default: it stays for as long as its lease holds.
   */
  readonly maxStallMs?: number
  /** Whether it obeys orders from the dashboard and the command line. Default false. */
  readonly allowControl?: boolean
  /**
   * Answers over HTTP on this port of 127.0.0.1 until it has left, or on `host:port`; 0 is any free port, see
   * PoolWorker.httpUrl. `/healthz`, `/readyz`, `/leader`, and `/metrics` for Prometheus; nobody is asked for a
   * password. Default: it does not. Throws CannotListen.
   */
  readonly http?: number | string
  /**
   * What is to be done at which times, by name: at each tick whoever leads enqueues a job, exactly one. The leader's
   * definitions count; what `pool cron` defined goes before them. Throws BadInput for what can't be read.
   */
  readonly cron?: CronDefinitions
  /** Gives the jobs of this worker back in its name when its process dies; `pool worker` has one itself. */
  readonly jobWitness?: JobWitness
  /** Told when the worker has joined anew, under a new id. */
  readonly onJoined?: () => void
  /** Told who leads when that changes, and that nobody does. */
  readonly onLeader?: (news: LeaderNews) => void
  /** Told of every acknowledged claim that becomes known, renewals too; `isSelf` if it is this worker's. */
  readonly onClaim?: (standing: StandingClaim, isSelf: boolean) => void
  /** Told when this worker begins to lead, and (with undefined) when it ceased. */
  readonly onReign?: (leadership: Leadership | undefined) => void
  /** Told that `lead` returned while its reign held. */
  readonly onLeadReturned?: (leadership: Leadership) => void
  /** Told what went wrong and is being dealt with. Default: nothing is said. If it fails itself Node warns, once. */
  readonly report?: (problem: string, error?: unknown) => void
}

/** The most that all labels of a worker take, in bytes: its entry holds them, and 8 KiB. */
const MOST_LABELS = 4096
const labels = kind(
  `${textByName.expected}, of ${MOST_LABELS} bytes in all`,
  (value) => textByName.isMet(value) && Buffer.byteLength(JSON.stringify(value)) <= MOST_LABELS,
)

const handlersByQueue = kind("an object with handlers by the names of queues", isPlain)
const definitionsByName = kind("an object with definitions by their names", isPlain)

/** Their names and kinds, and of what stands beside them. */
export const JOIN_OPTIONS = {
  ...POOL_PLACE,
  work: callable,
  jobs: handlersByQueue,
  cron: definitionsByName,
  leaderWork: callable,
  lead: callable,
  leaseMs: number,
  renewMs: number,
  replicas: number,
  name: text,
  strategy: either(wholeStrategy, callable),
  preempt: either(yesOrNo, numberFrom(1)),
  eligible: yesOrNo,
  weight: either(numberFrom(0), oneOf("auto")),
  labels,
  concurrency: number,
  handlerTimeoutMs: number,
  graceMs: timeMs,
  leaderGraceMs: timeMs,
  leadReturns: oneOf("done", "release", "fail"),
  fenced: yesOrNo,
  restarts: optionsLike(RESTART_INTENSITY),
  maxStallMs: number,
  allowControl: yesOrNo,
  http: either(number, text),
  jobWitness: having("a witness of jobs", "holds", "letsGo"),
  onJoined: callable,
  onLeader: callable,
  onClaim: callable,
  onReign: callable,
  onLeadReturned: callable,
  report: callable,
  onStopOrder: callable,
} satisfies KindsOf<WorkerOptions & { onStopOrder: unknown }>
