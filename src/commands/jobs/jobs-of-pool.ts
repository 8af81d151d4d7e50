/** The jobs of a pool, for one command: opened, and closed when it is done. */
import type { JobClient } from "../../jobs/job-client.js"
import { connectToNats } from "../../nats/connection.js"
import { findJobs } from "../../operator/pool-jobs.js"
import { connectionIn, type PoolFlags } from "../flags/flags.js"

/** Calls `use` with the jobs of the pool; with undefined if it has none, and then nothing is made for them. */
export async function withJobs(
  flags: PoolFlags,
  use: (jobs: JobClient | undefined) => Promise<void>,
): Promise<void> {
  const { pool } = flags
  const connection = await connectToNats(connectionIn(flags), `pool ${pool} jobs`)
  try {
    await use(await findJobs(connection, pool))
  } finally {
    await connection.close()
  }
}
