/**
 * Looks at the jobs of a pool, at once and then each second, one look at a time, and does to them what a person asks for.
 * Nothing is asked while nobody looks, and nothing is made for a pool that has none.
 */
import type { NatsConnection } from "nats"
import { unawaited } from "../contracts/unawaited.js"
import { reasonOf } from "../errors/errors.js"
import { NoSuchJob } from "../errors/job-errors.js"
import type { JobClient } from "../jobs/job-client.js"
import { deathOf, type FoundJob } from "../jobs/job-finder.js"
import { findJobs, pauseJobs, viewOfJobs, withDead } from "../operator/pool-jobs.js"
import type { Cancel, Clock } from "../time/clock.js"
import { systemClock } from "../time/system-clock.js"
import { plural } from "./drawing/format.js"
import type { JobLever, JobTarget } from "./jobs/job-levers.js"
import type { DeadJob, JobsLook } from "./jobs/jobs-seen.js"

/** From the beginning of one look to that of the next, in ms. */
const EVERY_MS = 1_000
/** So many of the dead are shown. */
const MOST_DEAD = 50

type Told = (look: JobsLook | { readonly problem: string }) => void

export class JobWatch {
  readonly #connection: NatsConnection
  readonly #pool: string
  readonly #told: Told
  #jobs: JobClient | undefined
  readonly #clock: Clock
  #isShown = false
  #cancel: Cancel = () => {}
  #isLooking = false

  constructor(connection: NatsConnection, pool: string, told: Told, clock: Clock = systemClock) {
    this.#clock = clock
    this.#connection = connection
    this.#pool = pool
    this.#told = told
  }

  show(isShown: boolean): void {
    this.#cancel()
    this.#isShown = isShown
    if (isShown) this.#tick()
  }

  /** Resolves with what came of it, in words. */
  async order(lever: JobLever, { queue, id }: JobTarget): Promise<string> {
    const jobs = await this.#opened()
    if (!jobs) throw new NoSuchJob(this.#pool, id ?? queue)
    const told = id === undefined ? await atQueue(jobs, lever, queue) : await atJob(jobs, lever, id)
    if (this.#isShown) unawaited(this.#look())
    return told
  }

  /** Opened once; a pool may have its first job while somebody looks. */
  async #opened(): Promise<JobClient | undefined> {
    this.#jobs ??= await findJobs(this.#connection, this.#pool)
    return this.#jobs
  }

  #tick(): void {
    this.#cancel = this.#clock.after(EVERY_MS, () => this.#tick())
    unawaited(this.#look())
  }

  async #look(): Promise<void> {
    if (this.#isLooking) return
    this.#isLooking = true
    try {
      const jobs = await this.#opened()
      const look = jobs ? await lookAt(jobs) : NONE
      if (this.#isShown) this.#told(look)
    } catch (error) {
      if (this.#isShown) this.#told({ problem: reasonOf(error) })
    } finally {
      this.#isLooking = false
    }
  }
}

const NONE: JobsLook = { hasJobs: false, queues: [], running: [], dead: [] }

async function lookAt(jobs: JobClient): Promise<JobsLook> {
  const { queues, running, dead } = await viewOfJobs(jobs, MOST_DEAD)
  // What the server tells is by its clock.
  const aheadMs = jobs.store.nowMs() - Date.now()
  return {
    hasJobs: true,
    queues: queues.map(({ oldestMs, ...counts }) =>
      oldestMs === undefined ? counts : { ...counts, oldestMs: oldestMs - aheadMs },
    ),
    running,
    dead: dead.map((found) => deadJob(found, aheadMs)),
  }
}

function deadJob({ record, message }: FoundJob, aheadMs: number): DeadJob {
  const { diedMs, ...death } = deathOf(message)
  return { id: record.id, queue: record.queue, ...death, diedMs: diedMs - aheadMs }
}

async function atQueue(jobs: JobClient, lever: JobLever, queue: string): Promise<string> {
  if (lever === "retry") {
    const count = await withDead(jobs, queue, (found) => jobs.finder.bringBack(found))
    return `brought back ${plural(count, "job")} of ${queue}`
  }
  const isOn = lever === "pause"
  if (!(await pauseJobs(jobs, queue, isOn))) {
    throw new Error(`no worker has served ${queue} yet: it can't be paused`)
  }
  return isOn
    ? `paused ${queue}: what runs goes on, nothing more is handed out`
    : `resumed ${queue}`
}

async function atJob({ finder }: JobClient, lever: JobLever, id: string): Promise<string> {
  if (lever === "retry") {
    await finder.retry(id)
    return `brought back ${id}: it is done again`
  }
  if (lever === "discard") {
    await finder.discard(id)
    return `forgot ${id}`
  }
  await finder.mustCancel(id, "cancelled on the dashboard")
  return `cancelled ${id}`
}
