/** Jobs of a pool. */
import { PoolClient } from "../../dist/client/client.js"
import { type JobSystem, PAYLOAD } from "./system.js"
import { AT_ONCE, Takers } from "./takers.js"

const POOL = "bench-jobs"
const QUEUE = "noop"

export async function poolJobs(servers: string): Promise<JobSystem> {
  const client = await PoolClient.connect({ servers, pool: POOL })
  const args = ["pool-taker.js", servers, POOL, QUEUE, String(AT_ONCE)]
  const takers = await Takers.start("./taker.js", ...args)
  return {
    what: "ours",
    takers,
    enqueue: () => client.enqueue(QUEUE, PAYLOAD),
    roundTrip: async () => (await client.enqueue(QUEUE, PAYLOAD)).result(),
    async close() {
      await takers.close()
      await client.close()
    },
  }
}
