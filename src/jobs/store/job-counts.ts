/**
 * How many jobs of each queue there are, as the server counts anyway: what waits and runs by the consumers, what is delayed
 * and dead by the subjects. What lies there with no consumer is looked for only where the sum shows that there is some; and
 * who looks each second is not given a hundred thousand subjects each second.
 */
import type { ConsumerInfo, JetStreamManager } from "@nats-io/jetstream"
import { isNoResponders, isStreamGone, isStreamNotFound } from "../../errors/errors.js"
import {
  consumerOf,
  HIGHEST_PRIORITY,
  type JobNames,
  jobSubjectIn,
  queueOfConsumer,
} from "../contract/job-names.js"
import type { QueueCounts } from "../contract/job-store.js"

/** So many subjects are asked for with each look. */
const FEW = 1_000
/** For how long more of them are kept, in ms for each. */
const KEPT_MS = 0.1

type Counts = { -readonly [Name in keyof QueueCounts]: QueueCounts[Name] }
type Subjects = readonly (readonly [string, number])[]

/** The first message at or behind `seq` under `next_by_subj`. */
interface Place {
  readonly seq: number
  readonly next_by_subj: string
}

export class JobCounts {
  readonly #manager: JetStreamManager
  readonly #names: JobNames
  readonly #kept = new Map<string, { readonly subjects: Subjects; readonly untilMs: number }>()

  constructor(manager: JetStreamManager, names: JobNames) {
    this.#manager = manager
    this.#names = names
  }

  async read(): Promise<QueueCounts[]> {
    const { jobsStream, deadStream, pool } = this.#names
    const queues = new Map<string, Counts>()
    const [messages, consumers] = await Promise.all([this.#messages(), this.#consumers()])
    let rest = messages
    const [served, unserved] = [new Set<string>(), new Set<string>()]
    /** Where the jobs of each queue wait. */
    const waiting = new Map<string, Place[]>()
    const waits = (queue: string, priority: number, seq: number) => {
      const place = { seq, next_by_subj: this.#names.ready(queue, priority) }
      waiting.set(queue, [...(waiting.get(queue) ?? []), place])
    }
    for (const { info, queue, priority } of consumers) {
      served.add(info.name)
      add(countsIn(queues, queue), info)
      rest -= info.num_pending + info.num_ack_pending
      if (info.num_pending > 0) waits(queue, priority, info.delivered.stream_seq + 1)
    }
    const count = async (stream: string, place: string, field: "waiting" | "delayed" | "dead") => {
      let sum = 0
      for (const [subject, number] of await this.#subjects(stream, `${pool}.${place}.>`)) {
        sum += number
        const at = jobSubjectIn(subject)
        if (field === "waiting" && (!at || at.priority > HIGHEST_PRIORITY)) {
          const counts = countsIn(queues, subject.split(".")[2] ?? "")
          counts.astray = (counts.astray ?? 0) + number
          continue
        }
        if (!at) continue
        if (field === "waiting") {
          const consumer = consumerOf(at.queue, at.priority)
          if (served.has(consumer)) continue
          if (!unserved.has(consumer)) waits(at.queue, at.priority, 1)
          unserved.add(consumer)
        }
        countsIn(queues, at.queue)[field] += number
      }
      return sum
    }
    if (rest > 0) rest -= await count(jobsStream, "later", "delayed")
    for (const other of ["cron", "tick", "excused", "result"]) {
      if (rest <= 0) break
      const subjects = await this.#subjects(jobsStream, `${pool}.${other}.>`)
      for (const [subject, number] of subjects) if (subject !== this.#names.head) rest -= number
    }
    if (rest > 0) await count(jobsStream, "job", "waiting")
    await count(deadStream, "dead", "dead")
    const all = [...queues.values()].sort((a, b) => (a.queue < b.queue ? -1 : 1))
    const aged = all.map(async (counts) => {
      const places = waiting.get(counts.queue)
      return places ? { ...counts, oldestMs: await this.#oldest(places) } : counts
    })
    return Promise.all(aged)
  }

  /** When the first of what lies at `places` was stored, in ms since 1970. */
  async #oldest(places: readonly Place[]): Promise<number | undefined> {
    const { streams } = this.#manager
    const first = (place: Place) =>
      streams.getMessage(this.#names.jobsStream, place).catch((error) => {
        if (isStreamGone(error)) return undefined
        throw error
      })
    const found = await Promise.all(places.map(first))
    const times = found.flatMap((message) => message?.time.getTime() ?? [])
    return times.length > 0 ? Math.min(...times) : undefined
  }

  /** How many lie there, but for the head. */
  async #messages(): Promise<number> {
    const { jobsStream, head } = this.#names
    try {
      const { state } = await this.#manager.streams.info(jobsStream, { subjects_filter: head })
      return state.messages - (state.subjects?.[head] ?? 0)
    } catch (error) {
      if (isStreamNotFound(error) || isNoResponders(error)) return 0
      throw error
    }
  }

  async #consumers() {
    const found: { info: ConsumerInfo; queue: string; priority: number }[] = []
    try {
      for await (const info of this.#manager.consumers.list(this.#names.jobsStream)) {
        const own = queueOfConsumer(info.name)
        if (own) found.push({ info, ...own })
      }
    } catch (error) {
      if (!isStreamNotFound(error)) throw error
    }
    return found
  }

  async #subjects(stream: string, filter: string): Promise<Subjects> {
    const kept = this.#kept.get(filter)
    if (kept && kept.untilMs > performance.now()) return kept.subjects
    try {
      const { state } = await this.#manager.streams.info(stream, { subjects_filter: filter })
      const subjects = Object.entries(state.subjects ?? {})
      const untilMs = performance.now() + subjects.length * KEPT_MS
      if (subjects.length > FEW) this.#kept.set(filter, { subjects, untilMs })
      else this.#kept.delete(filter)
      return subjects
    } catch (error) {
      if (isStreamNotFound(error)) return []
      throw error
    }
  }
}

function countsIn(queues: Map<string, Counts>, queue: string): Counts {
  const none = { waiting: 0, running: 0, delayed: 0, dead: 0, ended: 0, isServed: false }
  const counts = queues.get(queue) ?? { queue, ...none }
  queues.set(queue, counts)
  return counts
}

function add(counts: Counts, info: ConsumerInfo): void {
  counts.waiting += info.num_pending
  counts.running += info.num_ack_pending
  counts.ended += info.delivered.consumer_seq - info.num_ack_pending
  counts.isServed ||= info.num_waiting > 0 || info.num_ack_pending > 0
  const { paused, config } = info as ConsumerInfo & { paused?: boolean }
  const until = (config as { pause_until?: string }).pause_until
  if (paused && until) counts.pausedUntilMs = Date.parse(until)
}
