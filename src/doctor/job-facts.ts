/** The jobs of a pool as the doctor looks at them; nothing is made for one that has none, and nothing said. */
import { jetstreamManager } from "@nats-io/jetstream"
import type { NatsConnection } from "nats"
import { inDomain } from "../contracts/js-domain.js"
import { CronDesk } from "../cron/cron-desk.js"
import { isNotPermitted } from "../errors/errors.js"
import { findJobs } from "../operator/pool-jobs.js"
import { type Finding, failed, ok } from "./finding.js"
import { type JobFacts, jobFindings } from "./job-checks.js"

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
  const { streams } = await jetstreamManager(connection, inDomain(connection, { checkAPI: false }))
  const [queues, dead, cron] = await Promise.all([
    store.counts(),
    streams.info(names.deadStream),
    new CronDesk(pool, store, connection).list(),
  ])
  return {
    version: connection.info?.version ?? "unknown",
    abilities: store.abilities,
    queues,
    dead: { count: dead.state.messages, most: dead.config.max_msgs },
    cron,
    nowMs: store.nowMs(),
  }
}
