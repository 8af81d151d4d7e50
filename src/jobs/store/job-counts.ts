/**
 * How many jobs of each queue there are, as the server counts anyway: what waits and runs by the consumers, what is delayed
 * and dead by the subjects. What lies there with no consumer is looked for only where the sum shows that there is some.
 */
import type { ConsumerInfo, JetStreamManager } from "@nats-io/jetstream"
import { isNoResponders, isStreamNotFound } from "../../errors/errors.js"
import { consumerOf, type JobNames, jobSubjectIn, queueOfConsumer } from "../contract/job-names.js"
import type { QueueCounts } from "../contract/job-store.js"

type Counts = { -readonly [Name in keyof QueueCounts]: QueueCounts[Name] }

export async function countsOf(manager: JetStreamManager, names: JobNames): Promise<QueueCounts[]> {
  const byQueue = new Map<string, Counts>()
  const of = (queue: string): Counts => {
    const none = { waiting: 0, running: 0, delayed: 0, dead: 0, isServed: false }
    const counts = byQueue.get(queue) ?? { queue, ...none }
    byQueue.set(queue, counts)
    return counts
  }
  const count = async (stream: string, filter: string, field: "waiting" | "delayed" | "dead") => {
    let sum = 0
    for (const [subject, number] of await subjectsOf(manager, stream, filter)) {
      const at = jobSubjectIn(subject)
      if (!at) continue
      of(at.queue)[field] += number
      sum += number
    }
    return sum
  }
  let rest = await messagesIn(manager, names.jobsStream)
  const served = new Set<string>()
  for (const info of await consumersOf(manager, names.jobsStream)) {
    const { queue } = queueOfConsumer(info.name) ?? {}
    if (!queue) continue
    served.add(info.name)
    add(of(queue), info)
    rest -= info.num_pending + info.num_ack_pending
  }
  if (rest > 0) rest -= await count(names.jobsStream, `${names.pool}.later.>`, "delayed")
  for (const other of ["tick", "excused", "result"]) {
    if (rest <= 0) break
    const subjects = await subjectsOf(manager, names.jobsStream, `${names.pool}.${other}.>`)
    for (const [, number] of subjects) rest -= number
  }
  if (rest > 0) {
    for (const [subject, number] of await subjectsOf(
      manager,
      names.jobsStream,
      `${names.pool}.job.>`,
    )) {
      const at = jobSubjectIn(subject)
      if (at && !served.has(consumerOf(at.queue, at.priority))) of(at.queue).waiting += number
    }
  }
  await count(names.deadStream, `${names.pool}.dead.>`, "dead")
  return [...byQueue.values()].sort((a, b) => (a.queue < b.queue ? -1 : 1))
}

function add(counts: Counts, info: ConsumerInfo): void {
  counts.waiting += info.num_pending
  counts.running += info.num_ack_pending
  counts.isServed ||= info.num_waiting > 0 || info.num_ack_pending > 0
  const { paused, config } = info as ConsumerInfo & { paused?: boolean }
  const until = (config as { pause_until?: string }).pause_until
  if (paused && until) counts.pausedUntilMs = Date.parse(until)
}

async function messagesIn({ streams }: JetStreamManager, name: string): Promise<number> {
  try {
    return (await streams.info(name)).state.messages
  } catch (error) {
    if (isStreamNotFound(error) || isNoResponders(error)) return 0
    throw error
  }
}

async function consumersOf(
  { consumers }: JetStreamManager,
  stream: string,
): Promise<ConsumerInfo[]> {
  const found: ConsumerInfo[] = []
  try {
    for await (const info of consumers.list(stream)) found.push(info)
  } catch (error) {
    if (!isStreamNotFound(error)) throw error
  }
  return found
}

async function subjectsOf(
  { streams }: JetStreamManager,
  stream: string,
  filter: string,
): Promise<[string, number][]> {
  try {
    const { state } = await streams.info(stream, { subjects_filter: filter })
    return Object.entries(state.subjects ?? {})
  } catch (error) {
    if (isStreamNotFound(error)) return []
    throw error
  }
}
