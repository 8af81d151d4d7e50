/**
 * The two streams in which the jobs of a pool lie, made by the first who needs them and may. What a server of that version can
 * do more is asked for, and what it made of that is looked at: an older one says nothing of what it does not know.
 */
import {
  DiscardPolicy,
  type JetStreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
  type StreamInfo,
} from "@nats-io/jetstream"
import { type NatsConnection, nanos } from "nats"
import { ForeignStream, NoJobs } from "../../errors/job-errors.js"
import { isForeign, isNameInUse, violationIn } from "../../errors/nats-errors.js"
import { reasonOf } from "../../errors/thrown.js"
import { isAtLeast } from "../../nats/server-version.js"
import { namesOf } from "../../protocol/names.js"
import { DUPLICATES_MS, MOST_DEAD, OLDEST_DEAD_MS } from "../contract/job-limits.js"
import { type JobNames, jobNamesOf } from "../contract/job-names.js"
import type { JobAbilities } from "../contract/job-store.js"
import { ensureHead } from "./head-message.js"
import type { JobConsumersOptions } from "./job-consumers.js"
import { infoOf } from "./stored-messages.js"

/** From which API level on servers have schedules and batches (2.12), and messages with a TTL of their own (2.11). */
const SCHEDULES_LEVEL = 2
const TTL_LEVEL = 1
const SAME_CLOCK_MS = 50

export interface JobStreams {
  readonly abilities: JobAbilities
  readonly replicas: number
  /** How far the server's clock is ahead of ours, in ms; 0 where it doesn't tell. */
  readonly aheadMs: number
}

/** `look` takes them as they are, `make` makes what is missing, and `keep` adjusts besides what another version made. */
export type StreamCare = "look" | "make" | "keep"

export interface OpenJobStreams extends JobConsumersOptions {
  readonly pool: string
  /** Of the pool; looked up if they are not given. */
  readonly replicas?: number | undefined
  /** Default `keep`, as it is for workers. */
  readonly care?: StreamCare
}

/** Opens the streams. Throws NoJobs if there are none, and this user may not make them, or only looks. */
export async function openJobStreams(
  options: OpenJobStreams,
  manager: JetStreamManager,
): Promise<JobStreams> {
  const names = jobNamesOf(options.pool)
  const sentMs = Date.now()
  const info = await infoOf(manager, names.jobsStream, names.head)
  const middleMs = (sentMs + Date.now()) / 2
  const found = info?.config
  if (found && found.retention !== RetentionPolicy.Workqueue) {
    const problem = `expected a work queue, got retention ${found.retention}`
    throw new ForeignStream(names.jobsStream, names.pool, problem)
  }
  if (!found && options.care === "look") throw new NoJobs(`pool "${names.pool}" has none`)
  const loss = options.care === "look" || !found ? undefined : lossesOf(found)
  if (loss) options.report?.(loss)
  const jobs = await fitted(manager, names, found, options).catch((error) => {
    if (isForeign(error)) {
      throw new ForeignStream(names.jobsStream, names.pool, reasonOf(error), { cause: error })
    }
    const violation = violationIn(error)
    if (found || !violation) throw error
    const why = `pool "${names.pool}" has none yet, and this user may not make their streams`
    const way = `not permitted to send to "${violation.subject}"; start a worker with jobs first`
    throw new NoJobs(`${why}: ${way}`, { cause: error })
  })
  // Who only looks, or finds the stream there and enqueues, leaves that to the workers.
  const isOthers = options.care === "look" || (found && options.care === "make")
  if (!isOthers && !info?.state.subjects?.[names.head]) await ensureHead(options.connection, names)
  const version = options.connection.info?.version ?? "0"
  return {
    replicas: jobs.num_replicas,
    aheadMs: aheadIn(info, middleMs),
    abilities: {
      hasSchedules: jobs.allow_msg_schedules === true,
      hasTtl: jobs.allow_msg_ttl === true,
      isUniqueEverywhere: isAtLeast(version, "2.11"),
      canPause: isAtLeast(version, "2.11"),
      hasBatches: jobs.allow_atomic === true && hasSoundBatches(version),
      isReplicated: jobs.num_replicas > 1,
    },
  }
}

/** What the stream refuses, by settings that somebody gave it, in words; undefined if nothing. */
export function refusedBy({ name, sealed, deny_delete, no_ack }: StreamConfig): string | undefined {
  if (sealed) return `stream ${name} is sealed: nothing can be stored in it any more`
  if (no_ack) return `stream ${name} doesn't say that it has stored something: nobody can enqueue`
  if (deny_delete) return `stream ${name} lets nothing be removed: no job can be cancelled`
}

/** By which settings of the stream, which somebody gave it, jobs are lost or refused, in words; undefined if by none. */
export function lossesOf(config: StreamConfig): string | undefined {
  const refused = refusedBy(config)
  if (refused) return refused
  const { name, max_age: ageNs, max_msgs: messages, max_bytes: bytes, discard } = config
  const { max_msgs_per_subject: each, discard_new_per_subject: isRefused } = config
  if (ageNs > 0) return `stream ${name} drops jobs that are older than ${ageNs / nanos(1_000)} s`
  if (each > 0 && !isRefused)
    return `stream ${name} drops a job when ${each} more of its key are there`
  const isFilled = messages > 0 || bytes > 0
  if (!isFilled || discard === DiscardPolicy.New) return undefined
  const most = messages > 0 ? `${messages} messages` : `${bytes} bytes`
  return `stream ${name} drops its oldest jobs when it holds ${most}`
}

async function fitted(
  manager: JetStreamManager,
  names: JobNames,
  found: StreamConfig | undefined,
  options: OpenJobStreams,
): Promise<StreamConfig> {
  const copies =
    options.replicas ?? found?.num_replicas ?? (await replicasOfPool(manager, names.pool))
  const jobs = await fit(
    manager,
    found,
    jobsConfig(names, copies, levelOf(options.connection)),
    options,
  )
  if (options.care === "look") return jobs
  const dead = await infoOf(manager, names.deadStream)
  await fit(manager, dead?.config, deadConfig(names, copies), options)
  return jobs
}

/** What earlier ones make of batches is not relied on. */
function hasSoundBatches(version: string): boolean {
  return isAtLeast(version, "2.14") ? isAtLeast(version, "2.14.3") : isAtLeast(version, "2.12.12")
}

/** The level of the API of JetStream; 0 below 2.11. */
function levelOf({ info }: Pick<NatsConnection, "info">): number {
  return Number((info as { api_lvl?: number } | undefined)?.api_lvl ?? 0)
}

type Wanted = Partial<StreamConfig> & { readonly name: string }

function jobsConfig(names: JobNames, replicas: number, level: number): Wanted {
  return {
    name: names.jobsStream,
    subjects: [...names.jobsSubjects],
    retention: RetentionPolicy.Workqueue,
    storage: StorageType.File,
    num_replicas: replicas,
    duplicate_window: nanos(DUPLICATES_MS),
    allow_direct: true,
    ...(level >= TTL_LEVEL && { allow_msg_ttl: true }),
    ...(level >= SCHEDULES_LEVEL && { allow_msg_schedules: true, allow_atomic: true }),
  }
}

/** Full, it refuses more: then the job stays where it is, and is tried again. */
function deadConfig(names: JobNames, replicas: number): Wanted {
  return {
    name: names.deadStream,
    subjects: [...names.deadSubjects],
    storage: StorageType.File,
    num_replicas: replicas,
    duplicate_window: nanos(DUPLICATES_MS),
    allow_direct: true,
    max_age: nanos(OLDEST_DEAD_MS),
    max_msgs: MOST_DEAD,
    discard: DiscardPolicy.New,
  }
}

/** What may differ in one that somebody made bigger or smaller on purpose. */
const OWN_CHOICE = new Set(["max_age", "max_msgs", "duplicate_window", "storage", "discard"])

async function fit(
  { streams }: JetStreamManager,
  found: StreamConfig | undefined,
  wanted: Wanted,
  { care = "keep", report }: OpenJobStreams,
): Promise<StreamConfig> {
  if (!found) {
    try {
      return (await streams.add(wanted)).config
    } catch (error) {
      // Somebody has just made it, with more or less than this one knows of.
      if (!isNameInUse(error)) throw error
      return (await streams.info(wanted.name)).config
    }
  }
  const settings = (Object.keys(wanted) as (keyof StreamConfig)[]).filter(
    (name) => !OWN_CHOICE.has(name) && !isSame(found[name], wanted[name]),
  )
  if (settings.length === 0 || care !== "keep") return found
  const changes = Object.fromEntries(settings.map((name) => [name, wanted[name as keyof Wanted]]))
  const { config } = await streams.update(wanted.name, { ...found, ...changes })
  report?.(`stream ${wanted.name}: adjusted ${settings.join(", ")}`)
  return config
}

function isSame(found: unknown, wanted: unknown): boolean {
  if (!Array.isArray(wanted)) return found === wanted
  // More subjects than ours are somebody else's, or a later version's.
  return Array.isArray(found) && wanted.every((one) => found.includes(one))
}

/** What the clocks are apart within the time of one answer counts for nothing. */
function aheadIn(info: StreamInfo | undefined, nowMs: number): number {
  const server = Date.parse((info as { ts?: string } | undefined)?.ts ?? "")
  const aheadMs = server - nowMs
  return Math.abs(aheadMs) > SAME_CLOCK_MS ? aheadMs : 0
}

async function replicasOfPool(manager: JetStreamManager, pool: string): Promise<number> {
  return (await infoOf(manager, `KV_${namesOf(pool).bucket}`))?.config.num_replicas ?? 1
}
