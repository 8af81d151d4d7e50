/** The jobs of a pool, for one command: opened, and closed when it is done. */

import { jetstreamManager } from "@nats-io/jetstream"
import { inDomain } from "../../contracts/js-domain.js"
import { isNoJetStream, isStreamNotFound } from "../../errors/errors.js"
import { jobNamesOf } from "../../jobs/contract/job-names.js"
import { JobClient } from "../../jobs/job-client.js"
import { JetStreamJobs, type JetStreamJobsOptions } from "../../jobs/store/jetstream-jobs.js"
import { connectToNats } from "../../nats/connection.js"
import { systemClock } from "../../time/system-clock.js"
import { connectionIn, type PoolFlags } from "../flags/flags.js"

/** Calls `use` with the jobs of the pool; with undefined if it has none, and then nothing is made for them. */
export async function withJobs(
  flags: PoolFlags,
  use: (jobs: JobClient | undefined) => Promise<void>,
): Promise<void> {
  const { pool } = flags
  const connection = await connectToNats(connectionIn(flags), `pool ${pool} jobs`)
  try {
    const store = await findJobs({ connection, pool })
    await use(store && new JobClient({ pool, store, bus: connection, clock: systemClock }))
  } finally {
    await connection.close()
  }
}

/** Looking makes nothing: undefined if the pool has none. */
async function findJobs(options: JetStreamJobsOptions): Promise<JetStreamJobs | undefined> {
  const { streams } = await jetstreamManager(
    options.connection,
    inDomain(options.connection, { checkAPI: false }),
  )
  try {
    await streams.info(jobNamesOf(options.pool).jobsStream)
  } catch (error) {
    if (isStreamNotFound(error) || isNoJetStream(error)) return undefined
    throw error
  }
  return JetStreamJobs.open(options)
}
