/**
 * The jobs of a pool as people see and change them: found if there are any, for looking makes nothing; what waits, runs and
 * is dead; and the dead of a queue, all at once.
 */
import type { NatsConnection } from "nats"
import { isAway, reasonOf } from "../errors/errors.js"
import { DeadLeft, NoJobs } from "../errors/job-errors.js"
import { isA } from "../errors/thrown.js"
import { checkedQueue } from "../jobs/contract/job-names.js"
import type { QueueCounts } from "../jobs/contract/job-store.js"
import type { RunningJob } from "../jobs/contract/running.js"
import { JobClient } from "../jobs/job-client.js"
import { type FoundJob, foundIn } from "../jobs/job-finder.js"
import { JetStreamJobs } from "../jobs/store/jetstream-jobs.js"
import type { StreamCare } from "../jobs/store/job-streams.js"
import { systemClock } from "../time/system-clock.js"

/** How long workers have to say what they run, in ms. */
const ANSWERS_MS = 250
/** Many at once are taken in portions of this. */
const AT_ONCE = 100
/** Until somebody has it go on, as far as anybody waits. */
const FOR_GOOD_MS = 100 * 365 * 24 * 3_600_000

export interface JobsView {
  readonly queues: readonly QueueCounts[]
  readonly running: readonly RunningJob[]
  /** The newest ones, the newest first. */
  readonly dead: readonly FoundJob[]
}

/** The jobs of `pool`; undefined if it has none, and they are not made. */
export async function findJobs(
  connection: NatsConnection,
  pool: string,
  care: StreamCare = "look",
): Promise<JobClient | undefined> {
  try {
    const store = await JetStreamJobs.open({ connection, pool, care })
    return new JobClient({ pool, store, bus: connection, clock: systemClock })
  } catch (error) {
    if (care !== "look") throw error
    if (isA(error, NoJobs)) return undefined
    throw error
  }
}

/** What waits, what runs, and at most `mostDead` of what is dead. */
export async function viewOfJobs(jobs: JobClient, mostDead: number): Promise<JobsView> {
  const { store, finder } = jobs
  const [queues, running, dead] = await Promise.all([
    store.counts(),
    finder.allRunning(systemClock, ANSWERS_MS),
    store.newest("dead", mostDead),
  ])
  return { queues, running, dead: foundAmong(dead) }
}

export function foundAmong(messages: readonly FoundJob["message"][]): FoundJob[] {
  return messages.map(foundIn).filter((found) => found !== undefined)
}

/**
 * Does `act` with each that is dead, of one queue or of all; says with how many. One with which it can't be done keeps none of
 * the others back; throws DeadLeft then, and at once if the server is away.
 */
export async function withDead(
  { store, names }: JobClient,
  queue: string | undefined,
  act: (found: FoundJob) => Promise<void>,
): Promise<number> {
  const filter = `${names.pool}.dead.${queue === undefined ? "*" : checkedQueue(queue)}.>`
  // One that dies again meanwhile has had its turn.
  const last = (await store.last("dead", filter))?.seq ?? 0
  let count = 0
  const left = new Map<number, unknown>()
  for (;;) {
    const messages = await store.list("dead", filter, AT_ONCE + left.size)
    const meant = foundAmong(messages.filter(({ seq }) => seq <= last && !left.has(seq)))
    for (const found of meant) {
      try {
        await act(found)
        count += 1
      } catch (error) {
        if (isAway(error)) throw error
        left.set(found.message.seq, error)
      }
    }
    if (meant.length < AT_ONCE) break
  }
  const [cause] = left.values()
  if (left.size > 0) throw new DeadLeft(count, left.size, reasonOf(cause), { cause })
  return count
}

/** Hands out no job of `queue` until it is resumed, or again; says whether anybody ever served it. */
export function pauseJobs({ store }: JobClient, queue: string, isOn: boolean): Promise<boolean> {
  return store.pause(checkedQueue(queue), isOn ? store.nowMs() + FOR_GOOD_MS : 0)
}
