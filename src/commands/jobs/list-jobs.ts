/** What `pool jobs` and `pool jobs show` do: they print what waits, runs, is delayed and is dead. */
import { setTimeout as delay } from "node:timers/promises"
import { clean } from "../../dashboard/drawing/clean.js"
import { NoSuchJob } from "../../errors/job-errors.js"
import { checkedJobId } from "../../jobs/contract/job-names.js"
import { type QueueCounts, queueState } from "../../jobs/contract/job-store.js"
import type { RunningJob } from "../../jobs/contract/running.js"
import type { JobClient } from "../../jobs/job-client.js"
import { deathOf, type FoundJob } from "../../jobs/job-finder.js"
import { foundAmong, viewOfJobs } from "../../operator/pool-jobs.js"
import type { PoolFlags } from "../flags/flags.js"
import { unread } from "../terminal/output.js"
import { type Column, span, table } from "../terminal/table.js"
import { withJobs } from "./jobs-of-pool.js"

/** How often it is looked at with `--watch`, in ms. */
const WATCH_MS = 2_000
/** How many delayed and dead jobs are shown, each. */
const MOST_SHOWN = 20

export interface JobsFlags extends PoolFlags {
  json?: boolean
  watch?: boolean
}

/** Prints the queues, what runs, and what is dead. */
export async function listJobs(flags: JobsFlags): Promise<void> {
  await withJobs(flags, async (jobs) => {
    if (!jobs) {
      console.log(flags.json ? JSON.stringify(NOTHING) : `pool "${flags.pool}" has no jobs`)
      return
    }
    do {
      const picture = await pictureOf(jobs)
      console.log(flags.json ? JSON.stringify(picture) : await drawn(picture, jobs.store.nowMs()))
      if (flags.watch) await delay(WATCH_MS)
    } while (flags.watch && !unread.aborted)
  })
}

/** Prints all that is known of one job. Throws NoSuchJob. */
export async function showJob(id: string, flags: JobsFlags): Promise<void> {
  checkedJobId(id)
  await withJobs(flags, async (jobs) => {
    const found = await jobs?.finder.find(id)
    if (!jobs || !found) throw new NoSuchJob(flags.pool, id)
    const runs = found.place === "job" ? await jobs.finder.running(id) : undefined
    const state = runs && { state: "running" }
    const shown = { ...plain(found), ...runs, ...state, payload: payloadIn(found) }
    if (flags.json) return console.log(JSON.stringify(shown))
    for (const [name, value] of Object.entries(shown)) {
      if (value === undefined) continue
      const text = typeof value === "string" ? value : JSON.stringify(value)
      console.log(`${name.padEnd(10)}  ${clean(text)}`)
    }
  })
}

interface Picture {
  readonly queues: readonly QueueCounts[]
  readonly running: readonly RunningJob[]
  readonly delayed: readonly PlainJob[]
  readonly dead: readonly PlainJob[]
}

const NOTHING: Picture = { queues: [], running: [], delayed: [], dead: [] }

interface PlainJob {
  readonly id: string
  readonly queue: string
  readonly priority: number
  readonly state: string
  readonly failures: number
  readonly attempts: number
  /** ISO time. */
  readonly enqueued: string
  readonly reason?: string
  readonly worker?: string
  readonly died?: string
}

async function pictureOf(jobs: JobClient): Promise<Picture> {
  const { store, names } = jobs
  const [{ queues, running, dead }, delayed] = await Promise.all([
    viewOfJobs(jobs, MOST_SHOWN),
    store.list("jobs", `${names.pool}.later.>`, MOST_SHOWN),
  ])
  return { queues, running, delayed: foundAmong(delayed).map(plain), dead: dead.map(plain) }
}

function plain({ place, record, message }: FoundJob): PlainJob {
  const { id, queue, priority, failures, attempts, sinceMs } = record
  const state = { job: "ready", later: "delayed", dead: "dead" }[place]
  const enqueued = new Date(sinceMs).toISOString()
  const job = { id, queue, priority, state, failures, attempts, enqueued }
  if (place !== "dead") return job
  const { reason, worker, diedMs } = deathOf(message)
  return { ...job, reason, worker, died: new Date(diedMs).toISOString() }
}

function payloadIn({ message }: FoundJob): unknown {
  const text = new TextDecoder().decode(message.data)
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

async function drawn({ queues, running, delayed, dead }: Picture, nowMs: number): Promise<string> {
  const width = process.stdout.columns
  const oldest: Column<QueueCounts> = {
    ...{ title: "OLDEST", right: true, leaves: 1 },
    of: ({ oldestMs }) => (oldestMs === undefined ? "" : span(Math.max(0, nowMs - oldestMs))),
  }
  const parts = [await table([...QUEUES, oldest, STATE], queues, width)]
  if (running.length > 0) parts.push(await table(RUNNING, running, width))
  if (delayed.length > 0) parts.push(await table(DELAYED, delayed, width))
  const deadColumns: Column<PlainJob>[] = [
    { title: "DEAD", of: ({ id }) => clean(id) },
    { title: "QUEUE", of: ({ queue }) => queue },
    { title: "SINCE", of: ({ died }) => span(nowMs - Date.parse(died ?? "")), right: true },
    { title: "REASON", of: ({ reason = "" }) => clean(reason) },
  ]
  if (dead.length > 0) parts.push(await table(deadColumns, dead, width))
  const unserved = queues.filter(({ isServed, waiting }) => !isServed && waiting > 0)
  for (const { queue } of unserved) {
    const way = "start a worker whose handler has it in its jobs"
    parts.push(`nobody serves queue ${clean(queue)}: ${way}`)
  }
  for (const { queue, astray } of queues.filter((counts) => counts.astray)) {
    parts.push(`${astray} of queue ${clean(queue)} can't be taken: ${ASTRAY}`)
  }
  return parts.join("\n\n")
}

/** Others publish jobs by hand. */
const ASTRAY =
  "expected subjects <pool>.job.<queue>.<0, 1 or 2>.<key>; publish them anew, and remove these with: nats stream purge --subject"

const QUEUES: Column<QueueCounts>[] = [
  { title: "QUEUE", of: ({ queue }) => queue },
  { title: "WAITING", of: ({ waiting }) => String(waiting), right: true },
  { title: "RUNNING", of: ({ running }) => String(running), right: true },
  { title: "DELAYED", of: ({ delayed }) => String(delayed), right: true },
  { title: "DEAD", of: ({ dead }) => String(dead), right: true },
]

const STATE: Column<QueueCounts> = {
  title: "",
  of: queueState,
}

const RUNNING: Column<RunningJob>[] = [
  { title: "RUNNING", of: ({ id }) => clean(id) },
  { title: "QUEUE", of: ({ queue }) => queue },
  { title: "WORKER", of: ({ worker }) => clean(worker) },
  { title: "FOR", of: ({ runsForMs }) => span(runsForMs), right: true },
  { title: "TRY", of: ({ attempt }) => String(attempt), right: true },
  {
    title: "PROGRESS",
    of: ({ progress }) => (progress === undefined ? "" : clean(JSON.stringify(progress))),
  },
]

const DELAYED: Column<PlainJob>[] = [
  { title: "DELAYED", of: ({ id }) => clean(id) },
  { title: "QUEUE", of: ({ queue }) => queue },
  { title: "FAILED", of: ({ failures }) => String(failures), right: true },
]
