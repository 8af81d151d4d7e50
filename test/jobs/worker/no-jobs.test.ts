import { jetstreamManager } from "@nats-io/jetstream"
import { connect } from "nats"
import t from "tap"
import { testPool } from "../../fixtures/pool.js"
import { until } from "../../fixtures/until.js"

t.test(
  "where the stream is gone and can't be made anew the worker is not ready, and says why",
  async (t) => {
    const pool = await testPool(t)
    const worker = await pool.join("a", { http: 0, jobs: { send: () => "" } })
    const ready = async () => {
      const answer = await fetch(`${worker.httpUrl}/readyz`)
      return { status: answer.status, text: await answer.text() }
    }
    await until("it is ready", async () => (await ready()).status === 200)
    const connection = await connect({ servers: pool.server.url })
    t.teardown(() => connection.close())
    const { streams } = await jetstreamManager(connection)
    // The worker makes it anew at once: who is first has the subjects.
    await until("its subjects are another's", async () => {
      await streams.delete("POOL_work_jobs").catch(() => {})
      return streams.add({ name: "OTHER", subjects: ["work.job.>"] }).then(
        () => true,
        () => false,
      )
    })
    await until("it is not ready", async () => (await ready()).status === 503)
    t.match((await ready()).text, /^not ok: no jobs of queue send for \d+\.\ds: .+\n$/)
    const health = await fetch(`${worker.httpUrl}/healthz`)
    t.equal(health.status, 200, "to be started anew would not help it")
    await streams.delete("OTHER")
    await until("it is ready again", async () => (await ready()).status === 200)
  },
)
