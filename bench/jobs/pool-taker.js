/** A worker of a pool takes jobs: see taker.js. */
import { joinPool } from "../../dist/worker/worker.js"

export async function taking(took, servers, pool, queue, concurrency) {
  const handler = async () => took()
  const worker = await joinPool({
    ...{ servers, pool },
    jobs: { [queue]: { handler, concurrency: Number(concurrency) } },
  })
  worker.pause()
  return { start: () => worker.resume(), stop: () => worker.pause() }
}
