/**
 * What is to be said of the jobs of a pool: what its server can't do and what is done in its place, queues that nobody serves,
 * that have waited long or are paused, the room for dead jobs, and cron that nobody fires. Pure.
 */
import type { CronList } from "../cron/cron-desk.js"
import type { JobAbilities, QueueCounts } from "../jobs/contract/job-store.js"
import { type Finding, ok, warn } from "./finding.js"

/** What is known of the jobs of a pool. */
export interface JobFacts {
  readonly version: string
  readonly abilities: JobAbilities
  readonly queues: readonly QueueCounts[]
  readonly dead: { readonly count: number; readonly most: number }
  /** By which settings of their streams jobs are lost or refused, in words. */
  readonly losses: readonly string[]
  readonly cron: CronList
  /** The server's clock, in ms since 1970. */
  readonly nowMs: number
}

/** A job that has waited longer should be known of, in ms. */
const LONG_MS = 5 * 60_000
/** So full the dead are worth a word. */
const NEARLY_FULL = 0.8
const LIMITS =
  "take its limits away: nats stream edit --max-age=0 --max-msgs=-1 --max-bytes=-1 --max-msgs-per-subject=-1 --ack; one that is sealed, or lets nothing be removed, has to be made anew"
const COMPLETE = "2.12.12, or 2.14.3,"

export function jobFindings(facts: JobFacts): Finding[] {
  return [
    { what: "jobs: server", ...serverOf(facts) },
    { what: "jobs: queues", ...queuesOf(facts) },
    { what: "jobs: dead", ...deadOf(facts) },
    ...facts.losses.map((says) => ({ what: "jobs: stream", ...warn(says, LIMITS) })),
    ...(facts.cron.crons.length > 0 ? [{ what: "cron", ...cronOf(facts) }] : []),
  ]
}

function serverOf({ version, abilities }: JobFacts): Omit<Finding, "what"> {
  const instead = [
    ...(abilities.hasSchedules ? [] : ["delayed jobs lie with those that are ready"]),
    ...(abilities.isUniqueEverywhere ? [] : ["unique counts only what is ready or runs"]),
    ...(abilities.hasTtl ? [] : ["no result is kept"]),
    ...(abilities.canPause ? [] : ["no queue can be paused"]),
    ...(abilities.hasBatches ? [] : ["a tick of cron may be fired twice if its leader dies in it"]),
  ]
  if (instead.length === 0) return ok(`${version} has all that jobs and cron can use`)
  const upgrade = `upgrade to ${COMPLETE} or later; see docs/jobs.md`
  return warn(`on ${version} ${instead.join(", ")}`, upgrade)
}

function queuesOf({ queues, nowMs }: JobFacts): Omit<Finding, "what"> {
  const of = (isMeant: (counts: QueueCounts) => boolean) => queues.filter(isMeant)
  const astray = of((counts) => (counts.astray ?? 0) > 0)
  if (astray.length > 0) {
    const each = astray.map(({ queue, astray: count }) => `${queue} (${count})`).join(", ")
    const subjects = "<pool>.job.<queue>.<0, 1 or 2>.<key>"
    const remedy = `publish them anew under ${subjects}, and remove these with: nats stream purge --subject`
    return warn(`jobs lie where no worker takes any from: ${each}`, remedy)
  }
  const unserved = of(({ isServed, waiting }) => !isServed && waiting > 0)
  if (unserved.length > 0) {
    const each = unserved.map(({ queue, waiting }) => `${queue} (${waiting} waiting)`).join(", ")
    const remedy = "start a worker whose handler has them in its jobs, or cancel what is there"
    return warn(`nobody serves ${each}`, remedy)
  }
  const paused = of(({ pausedUntilMs, waiting }) => pausedUntilMs !== undefined && waiting > 0)
  if (paused.length > 0) {
    const each = paused.map(({ queue, waiting }) => `${queue} (${waiting} waiting)`).join(", ")
    return warn(`paused: ${each}`, `have it go on: pool jobs resume ${paused[0]?.queue}`)
  }
  const late = of(({ oldestMs }) => oldestMs !== undefined && nowMs - oldestMs > LONG_MS)
  if (late.length > 0) {
    const minutes = (oldestMs = nowMs) => Math.floor((nowMs - oldestMs) / 60_000)
    const each = late.map(({ queue, oldestMs }) => `${queue} for ${minutes(oldestMs)} min`)
    return warn(`jobs have waited: ${each.join(", ")}`, "start more workers, or raise concurrency")
  }
  const idle = of(({ pausedUntilMs }) => pausedUntilMs !== undefined).map(({ queue }) => queue)
  const waiting = queues.reduce((sum, counts) => sum + counts.waiting, 0)
  const also = idle.length > 0 ? `; paused, with nothing waiting: ${idle.join(", ")}` : ""
  return ok(`${queues.length}, ${waiting} jobs waiting${also}`)
}

function deadOf({ dead }: JobFacts): Omit<Finding, "what"> {
  const { count, most } = dead
  if (most <= 0 || count < most * NEARLY_FULL) return ok(`${count}`)
  const says = `${count} of at most ${most}: when it is full a job that fails for good is tried again each minute`
  return warn(says, "make room: pool jobs retry --dead, or pool jobs discard --dead")
}

function cronOf({ cron, queues }: JobFacts): Omit<Finding, "what"> {
  const { by, crons } = cron
  if (by === undefined) {
    return warn(
      `nobody fires ${crons.map(({ name }) => name).join(", ")}`,
      "see that a worker with jobs or cron leads: pool members",
    )
  }
  const problem = crons.find((one) => one.problem !== undefined)
  if (problem) {
    return warn(`${problem.name} can't be fired: ${problem.problem}`, "see: pool cron list")
  }
  const served = new Set(queues.filter(({ isServed }) => isServed).map(({ queue }) => queue))
  const idle = crons.filter(({ job, isPaused }) => !isPaused && !served.has(job))
  if (idle.length > 0) {
    const each = idle.map(({ name, job }) => `${name} (job ${job})`).join(", ")
    return warn(
      `nobody serves what they enqueue: ${each}`,
      "start a worker that has it in its jobs",
    )
  }
  return ok(`${crons.length}, fired by ${by}`)
}
