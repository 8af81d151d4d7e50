/**
 * A handler that tells how far it is: the requester names a subject in a header, and listens there while it waits.
 *
 *   node examples/progress.js
 */
import { createInbox, headers } from "nats"
import { connectToNats, joinPool } from "service-pool-leader"

const connection = await connectToNats()
const worker = await joinPool({
  pool: "reports",
  connection,
  async work(job) {
    const { pages } = job.json()
    const told = job.headers?.get("Progress-To")
    for (let page = 1; page <= pages; page++) {
      job.signal.throwIfAborted()
      await write(page)
      if (told) connection.publish(told, JSON.stringify({ page, of: pages }))
    }
    return { written: pages }
  },
})

const inbox = createInbox()
connection.subscribe(inbox, {
  callback: (_, message) => {
    const { page, of } = message.json()
    console.log(`page ${page} of ${of}`)
  },
})
const hdrs = headers()
hdrs.set("Progress-To", inbox)
const asked = { headers: hdrs, timeout: 30_000 }
const answer = await connection.request("reports", JSON.stringify({ pages: 3 }), asked)
console.log(`done: ${answer.string()}`)
await worker.leave()
await connection.close()

async function write(_page) {}
