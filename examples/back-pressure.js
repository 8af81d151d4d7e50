/**
 * More work than there are hands: each worker takes two requests at a time and leaves the queue group while it is full;
 * the client waits and asks again, within its timeout, so nothing is lost and nothing queues up behind a busy worker.
 *
 *   node examples/back-pressure.js
 */
import { setTimeout as wait } from "node:timers/promises"
import { joinPool, PoolClient } from "service-pool-leader"

const most = {}
const workers = await Promise.all(["a", "b"].map(join))
const client = await PoolClient.connect({ pool: "ovens" })
const loaves = Array.from({ length: 20 }, (_, n) => client.work({ loaf: n }, { timeoutMs: 30_000 }))
const answers = await Promise.all(loaves)

for (const { name } of workers) {
  const baked = answers.filter((answer) => answer.worker === name).length
  console.log(`${name} baked ${baked}, at most ${most[name]} at a time`)
}
await client.close()
for (const worker of workers) await worker.leave()

function join(name) {
  let busy = 0
  most[name] = 0
  return joinPool({
    pool: "ovens",
    name,
    concurrency: 2,
    async work(job) {
      most[name] = Math.max(most[name], ++busy)
      await wait(50, undefined, { signal: job.signal })
      busy -= 1
    },
  })
}
