/**
 * The work that flows: rates from the members' counters, second by second, and the answers that this
 * dashboard got to requests of its own.
 */
import type { Counters, Reply, WorkKind } from "./source.js"

export interface AnswerSeen {
  /** The number of the request. */
  readonly number: number
  readonly kind: WorkKind
  readonly worker: string
  readonly ms: number
}

export interface WorkSeen {
  /** The last counters, by member id. */
  readonly counters: ReadonlyMap<string, Counters>
  readonly countedMonoMs: number
  /** Grows when there is a new figure to show. */
  readonly changes: number
  /** Rates since the last second ended, per kind. */
  readonly sampled: Readonly<Record<WorkKind, readonly number[]>>
  /** Answers a second, newest last; at most SECONDS. */
  readonly rates: Readonly<Record<WorkKind, readonly number[]>>
  /** Requests that failed since this dashboard watches. */
  readonly failed: number
  /** Newest first; at most ANSWERS. */
  readonly answers: readonly AnswerSeen[]
  /** How long the last answers took, newest last; at most TIMES. */
  readonly timesMs: readonly number[]
}

const SECONDS = 240
const ANSWERS = 50
const TIMES = 500

const NONE = { simple: [], tracked: [] }

export const NO_WORK: WorkSeen = {
  counters: new Map(),
  countedMonoMs: 0,
  changes: 0,
  sampled: NONE,
  rates: NONE,
  failed: 0,
  answers: [],
  timesMs: [],
}

/**
 * `work` after new counters came; who was left out this time keeps its last ones. What a member did before we
 * first saw it is not counted.
 */
export function counted(
  work: WorkSeen,
  counters: ReadonlyMap<string, Counters>,
  monoMs: number,
): WorkSeen {
  const done = { simple: 0, tracked: 0, failed: 0 }
  let changes = work.changes
  for (const [id, now] of counters) {
    const before = work.counters.get(id)
    if (!before || differs(before, now)) changes++
    if (!before) continue
    const tracked = Math.max(0, now.tracked - before.tracked)
    done.tracked += tracked
    done.simple += Math.max(0, now.done - before.done - tracked)
    done.failed += Math.max(0, now.failed - before.failed)
  }
  const failed = work.failed + done.failed
  const all = new Map([...work.counters, ...counters])
  const next = { ...work, counters: all, countedMonoMs: monoMs, changes, failed }
  if (work.counters.size === 0) return next
  const seconds = Math.max(0.05, (monoMs - work.countedMonoMs) / 1000)
  const { simple, tracked } = work.sampled
  const sampled = {
    simple: [...simple, done.simple / seconds],
    tracked: [...tracked, done.tracked / seconds],
  }
  return { ...next, sampled }
}

/** `work` without the counters of a member that went. */
export function forgotten(work: WorkSeen, id: string): WorkSeen {
  const counters = new Map(work.counters)
  counters.delete(id)
  return { ...work, counters }
}

/** `work` after a second went by. */
export function secondOver(work: WorkSeen): WorkSeen {
  const { sampled, rates } = work
  const over = (kind: WorkKind) => [...rates[kind], mean(sampled[kind])].slice(-SECONDS)
  return { ...work, sampled: NONE, rates: { simple: over("simple"), tracked: over("tracked") } }
}

/** `work` after one of our own requests was answered. */
export function answered(
  work: WorkSeen,
  number: number,
  kind: WorkKind,
  { worker, ms }: Reply,
): WorkSeen {
  const answers = [{ number, kind, worker, ms }, ...work.answers].slice(0, ANSWERS)
  const timesMs = [...work.timesMs, ms].slice(-TIMES)
  return { ...work, answers, timesMs, changes: work.changes + 1 }
}

/** The value below which `share` of `values` lie; undefined if there are none. */
export function percentile(values: readonly number[], share: number): number | undefined {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)]
}

/** The current rate of a kind, in answers a second. */
export function rateNow({ rates }: WorkSeen, kind: WorkKind): number {
  return rates[kind].at(-1) ?? 0
}

function differs(a: Counters, b: Counters): boolean {
  return a.done !== b.done || a.failed !== b.failed || a.busy !== b.busy || a.p50Ns !== b.p50Ns
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length
}
