import { jetstreamManager } from "@nats-io/jetstream"
import t from "tap"
import { PoolClient } from "../../../src/client/client.js"
import { TestPool } from "../../fixtures/pool.js"
import { requester } from "../../fixtures/requester.js"
import { testServer } from "../../fixtures/server.js"
import { until } from "../../fixtures/until.js"

t.test(
  "who is paused takes none of what is enqueued then, and all again when it resumes",
  async (t) => {
    const server = await testServer(t)
    const connection = await requester(t, server.url)
    const { consumers } = await jetstreamManager(connection)
    const pool = new TestPool(t, server)
    const taken: string[] = []
    // What was asked for would wait at the server for half of this.
    const send = (name: string) => ({ handler: () => taken.push(name), leaseMs: 600_000 })
    const a = await pool.join("a", { jobs: { send: send("a") } })
    const waiting = async () => (await consumers.info("POOL_work_jobs", "send_0")).num_waiting
    await until("a asks for jobs", async () => (await waiting()) > 0)
    a.pause()
    await until("a asks for none", async () => (await waiting()) === 0)
    const b = await pool.join("b", { jobs: { send: send("b") } })
    const client = await PoolClient.connect({ servers: server.url })
    t.teardown(() => client.close())
    const done = async () => {
      const jobs = await client.enqueueMany("send", Array.from({ length: 20 }))
      for (const job of jobs) await job.result()
      return [...new Set(taken.splice(0))]
    }
    t.strictSame(await done(), ["b"])
    b.pause()
    await until("nobody asks for any", async () => (await waiting()) === 0)
    a.resume()
    t.strictSame(await done(), ["a"])
  },
)
