import { jetstreamManager } from "@nats-io/jetstream"
import { connect } from "nats"
import t from "tap"
import { PoolClient } from "../../src/client/client.js"
import { jobsExamined } from "../../src/doctor/job-facts.js"
import { testPool } from "../fixtures/pool.js"
import { until } from "../fixtures/until.js"

t.test("nothing is said or made of a pool without jobs; then what there is", async (t) => {
  const pool = await testPool(t)
  const connection = await connect({ servers: pool.server.url })
  t.teardown(() => connection.close())
  t.strictSame(await jobsExamined(connection, "work"), [])
  const { streams } = await jetstreamManager(connection)
  await t.rejects(streams.info("POOL_work_jobs"))

  const client = await PoolClient.connect({ servers: pool.server.url })
  t.teardown(() => client.close())
  await client.enqueue("nobody", "x")
  const seen = await jobsExamined(connection, "work")
  t.strictSame(
    seen.map(({ what }) => what),
    ["jobs: server", "jobs: queues", "jobs: dead"],
  )
  t.match(seen[1], { verdict: "warn", says: "nobody serves nobody (1 waiting)" })
  t.match(seen[2], { verdict: "ok", says: "0" })

  const nightly = { at: "0 3 * * *", job: "missing" }
  await pool.join("a", { jobs: { nobody: () => "" }, cron: { nightly } })
  await pool.leads("a")
  const cron = async () =>
    (await jobsExamined(connection, "work")).find(({ what }) => what === "cron")
  await until("the leader tells of its cron", async () => (await cron()) !== undefined)
  t.match(await cron(), {
    verdict: "warn",
    says: "nobody serves what they enqueue: nightly (job missing)",
  })
})

t.test("what another version made of a stream stays as it is", async (t) => {
  const pool = await testPool(t)
  const client = await PoolClient.connect({ servers: pool.server.url })
  t.teardown(() => client.close())
  await client.enqueue("nobody", "x")
  const connection = await connect({ servers: pool.server.url })
  t.teardown(() => connection.close())
  const { streams } = await jetstreamManager(connection)
  await streams.update("POOL_work_jobs", { allow_direct: false })
  t.equal((await jobsExamined(connection, "work")).length, 3)
  t.notOk((await streams.info("POOL_work_jobs")).config.allow_direct)
})
