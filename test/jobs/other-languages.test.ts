/** A job by the documented wire contract alone: from the real `nats` command line, and by plain headers. */
import { execFile } from "node:child_process"
import { promisify } from "node:util"
import t from "tap"
import type { QueueJob } from "../../src/jobs/contract/queue-job.js"
import { Events } from "../fixtures/events.js"
import { natsCli, withoutCli } from "../fixtures/nats-cli.js"
import { testPool } from "../fixtures/pool.js"

const cli = natsCli()

t.test("a job comes from the nats command line", { skip: withoutCli(cli) }, async (t) => {
  const pool = await testPool(t)
  const done = new Events<QueueJob>()
  await pool.join("a", { jobs: { send: (job) => done.note(job) } })
  const publish = async (...args: string[]) => {
    await promisify(execFile)(cli as string, ["pub", ...args, "--server", pool.server.url])
  }
  await publish("work.job.send.0.any", '{"to":"ann"}')
  const bare = await done.one(() => true)
  t.strictSame([bare.json(), bare.attempts, bare.priority], [{ to: "ann" }, 5, 0])
  t.match(bare.id, /^seq-\d+$/)
  const headers = ["Nats-Msg-Id: order-7", "Pool-Job-Attempts: 2", "traceparent: 00-1-2-01"]
  const flags = headers.flatMap((header) => ["--header", header.replace(": ", ":")])
  await publish("work.job.send.2.order-7", "x", ...flags)
  const told = await done.one(({ priority }) => priority === 2)
  t.strictSame([told.id, told.attempts], ["order-7", 2])
  t.equal(told.headers?.get("traceparent"), "00-1-2-01")
})
