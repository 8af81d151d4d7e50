/**
 * The jobs of a pool as the screen knows them: what was seen last, since when each job runs, and how many attempts of a queue
 * end in a second. Pure; looked at only while the page of jobs is shown.
 */
import type { QueueCounts } from "../../jobs/contract/job-store.js"
import type { RunningJob } from "../../jobs/contract/running.js"
import type { Instant } from "../../time/clock.js"

/** A job that has failed for good. */
export interface DeadJob {
  readonly id: string
  readonly queue: string
  readonly reason: string
  /** Name of the worker that had it last; "" if that is not known. */
  readonly worker: string
  readonly diedMs: number
}

/** What was seen at one time; times are by our clock. */
export interface JobsLook {
  /** Whether the pool has jobs at all. */
  readonly hasJobs: boolean
  readonly queues: readonly QueueCounts[]
  readonly running: readonly RunningJob[]
  /** The newest ones, the newest first. */
  readonly dead: readonly DeadJob[]
}

/** A job that runs, and since when by our clock. */
export interface RunningSeen extends RunningJob {
  readonly sinceWallMs: number
}

/** A queue, and how many of its attempts ended a second, of late; undefined until that is known. */
export interface QueueSeen extends QueueCounts {
  readonly perSecond?: number
}

export interface JobsSeen {
  /** False until they were looked at for the first time. */
  readonly isKnown: boolean
  readonly hasJobs: boolean
  readonly queues: readonly QueueSeen[]
  readonly running: readonly RunningSeen[]
  readonly dead: readonly DeadJob[]
  /** Why they could not be looked at, this time. */
  readonly problem?: string
  /** How many attempts of each queue had ended, at the last few looks. */
  readonly ended: readonly { readonly monoMs: number; readonly by: ReadonlyMap<string, number> }[]
}

/** A rate is that of so many looks. */
const LOOKS = 5

export const JOBS_UNSEEN: JobsSeen = {
  ...{ isKnown: false, hasJobs: false, queues: [], running: [], dead: [], ended: [] },
}

/** `seen` after another look. */
export function lookedAt(seen: JobsSeen, look: JobsLook, at: Instant): JobsSeen {
  const by = new Map(look.queues.map(({ queue, ended }) => [queue, ended]))
  const [first] = seen.ended
  const seconds = first ? (at.monoMs - first.monoMs) / 1000 : 0
  const queues = look.queues.map((counts): QueueSeen => {
    const before = first?.by.get(counts.queue)
    if (before === undefined || seconds <= 0) return counts
    // A consumer that was made anew counts from 0.
    return { ...counts, perSecond: Math.max(0, counts.ended - before) / seconds }
  })
  const { hasJobs, dead } = look
  const ended = [...seen.ended, { monoMs: at.monoMs, by }].slice(-LOOKS)
  return { isKnown: true, hasJobs, queues, running: runningIn(seen, look, at), dead, ended }
}

/** `seen`, when they could not be looked at. */
export function notSeen(seen: JobsSeen, problem: string): JobsSeen {
  return { ...seen, problem }
}

/** Longest running first. What is told of its age differs a little with each look: the first counts. */
function runningIn(seen: JobsSeen, { running }: JobsLook, at: Instant): RunningSeen[] {
  const before = new Map(seen.running.map((job) => [runOf(job), job.sinceWallMs]))
  return running
    .map((job) => ({
      ...job,
      sinceWallMs: before.get(runOf(job)) ?? at.wallMs - job.runsForMs,
    }))
    .sort((a, b) => a.sinceWallMs - b.sinceWallMs || (a.id < b.id ? -1 : 1))
}

function runOf({ id, worker, attempt }: RunningJob): string {
  return `${id} ${worker} ${attempt}`
}
