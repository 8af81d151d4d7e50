/** The jobs of a pool as the doctor looks at them; nothing is made for one that has none, and nothing said. */
import type { NatsConnection } from "nats"
import { CronDesk } from "../cron/cron-desk.js"
import { isNotPermitted } from "../errors/errors.js"
import { findStream } from "../jetstream/find-stream.js"
import { jobNamesOf } from "../jobs/contract/job-names.js"
import { lossesOf, refusedBy } from "../jobs/store/job-streams.js"
import { findJobs } from "../operator/pool-jobs.js"
import { type Finding, failed, ok } from "./finding.js"
import { type JobFacts, jobFindings } from "./job-checks.js"

/** Whether the pool has jobs, as far as this user may know. */
export async function areJobsSeen(connection: NatsConnection, pool: string): Promise<boolean> {
  const found = findStream(connection, jobNamesOf(pool).jobsStream)
  return (await found.catch(() => undefined)) !== undefined
}

export async function jobsExamined(connection: NatsConnection, pool: string): Promise<Finding[]> {
  try {
    const facts = await jobFacts(connection, pool)
    return facts ? jobFindings(facts) : []
  } catch (error) {
    if (isNotPermitted(error)) return [{ what: "jobs", ...ok("this user may not look at them") }]
    return [{ what: "jobs", ...failed(error) }]
  }
}

async function jobFacts(connection: NatsConnection, pool: string): Promise<JobFacts | undefined> {
  const jobs = await findJobs(connection, pool)
  if (!jobs) return undefined
  const { store, names } = jobs
  const [queues, lying, dead, cron] = await Promise.all([
    store.counts(),
    findStream(connection, names.jobsStream),
    findStream(connection, names.deadStream),
    new CronDesk(pool, store, connection).list(),
  ])
  return {
    version: connection.info?.version ?? "unknown",
    abilities: store.abilities,
    queues,
    dead: { count: dead?.state.messages ?? 0, most: dead?.config.max_msgs ?? 0 },
    losses: [
      ...(lying ? [lossesOf(lying.config)] : []),
      ...(dead ? [refusedBy(dead.config)] : []),
    ].filter((loss) => loss !== undefined),
    cron,
    nowMs: store.nowMs(),
  }
}
