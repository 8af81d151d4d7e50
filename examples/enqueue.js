/**
 * A producer of jobs without a worker: what it enqueues is stored, and done as soon as somebody serves the queue.
 *
 *   node examples/enqueue.js
 */
import { PoolClient } from "service-pool-leader"

const client = await PoolClient.connect({ pool: "mail" })

const first = await client.enqueue("send", { to: "ann" })
// Tried again after 100 ms, 200 ms and so on, five times in all.
const retried = await client.enqueue("send", { to: "bob" }, { backoffMs: 100, attempts: 5 })
// Not before a second has passed; and as long as it is there, no other that is unique by the same.
const reminder = { unique: "reminder of eve", delayMs: 1_000 }
const delayed = await client.enqueue("send", { to: "eve" }, reminder)
const again = await client.enqueue("send", { to: "eve" }, reminder)
console.log(`stored: 3, and one was there: ${again.already && again.id === delayed.id}`)

for (const job of [first, retried, delayed]) {
  console.log(`done: ${JSON.stringify((await job.result()).json())}`)
}
await client.close()
