import { jetstreamManager } from "@nats-io/jetstream"
import { headers } from "nats"
import t from "tap"
import { PoolClient } from "../../../src/client/client.js"
import { JetStreamJobs } from "../../../src/jobs/store/jetstream-jobs.js"
import { TestPool } from "../../fixtures/pool.js"
import { requester } from "../../fixtures/requester.js"
import { testServer } from "../../fixtures/server.js"
import { until } from "../../fixtures/until.js"

t.test("no job lies first in its stream, whoever made that, and once all are done", async (t) => {
  const server = await testServer(t)
  const connection = await requester(t, server.url)
  const { streams } = await jetstreamManager(connection)
  const lies = async () => {
    const { state } = await streams.info("POOL_work_jobs")
    const first = await streams.getMessage("POOL_work_jobs", { seq: state.first_seq })
    return [state.first_seq, first?.subject, state.messages]
  }
  const head = [1, "work.excused.0"]

  const client = await PoolClient.connect({ servers: server.url })
  t.teardown(() => client.close())
  const jobs = await Promise.all([1, 2, 3].map((n) => client.enqueue("send", n)))
  t.strictSame(await lies(), [...head, 4])
  const store = await JetStreamJobs.open({ connection, pool: "work", care: "look" })
  t.match(await store.counts(), [{ queue: "send", waiting: 3, delayed: 0 }])

  const pool = new TestPool(t, server)
  for (const name of ["a", "b"]) await pool.join(name, { jobs: { send: () => {} } })
  for (const job of jobs) await job.result()
  const isDone = async () => (await streams.info("POOL_work_jobs")).state.messages === 1
  await until("all are acknowledged", isDone)
  t.strictSame(await lies(), [...head, 1])

  await streams.purge("POOL_work_jobs")
  await pool.join("c", { jobs: { send: () => {} } })
  t.match(await lies(), [Number, "work.excused.0", 1], "and where somebody removed all")

  await client.enqueue("unserved", 1)
  await store.store({
    ...{ stream: "jobs", subject: "work.excused.5", data: Buffer.from("1"), headers: headers() },
  })
  const counts = await store.counts()
  t.match(
    counts.find(({ queue }) => queue === "unserved"),
    { waiting: 1 },
    "it stands in for no job",
  )
})
