/** What others made of the streams of jobs, published there, or answer in the name of a worker: it is told, and costs nothing. */
import { jetstreamManager } from "@nats-io/jetstream"
import { headers } from "nats"
import t from "tap"
import { PoolClient } from "../../src/client/client.js"
import { jobsExamined } from "../../src/doctor/job-facts.js"
import type { QueueJob } from "../../src/jobs/contract/queue-job.js"
import { findJobs, viewOfJobs } from "../../src/operator/pool-jobs.js"
import { Events } from "../fixtures/events.js"
import { TestPool } from "../fixtures/pool.js"
import { requester } from "../fixtures/requester.js"
import { testServer } from "../fixtures/server.js"
import { until } from "../fixtures/until.js"

t.test("what others did to the streams of jobs", async (t) => {
  const server = await testServer(t)
  const connection = await requester(t, server.url)
  const { streams, consumers } = await jetstreamManager(connection)
  const jobs = { send: (job: QueueJob) => job.text() }

  t.test("a stream that can't hold jobs is left alone, and said", async (t) => {
    const pool = new TestPool(t, server)
    await streams.add({ name: "POOL_foreign_jobs", subjects: ["foreign.job.>"] })
    await streams.add({ name: "ALL", subjects: ["taken.job.>"] })
    for (const [name, why] of [
      ["foreign", /expected a work queue, got retention limits; remove what is in the way/],
      ["taken", /subjects overlap with an existing stream; remove what is in the way/],
    ] as const) {
      const client = await PoolClient.connect({ servers: server.url, pool: name })
      t.teardown(() => client.close())
      const refused = { code: "foreign-stream", message: why }
      await t.rejects(client.enqueue("send", 1), refused)
      await t.rejects(pool.join("a", { pool: name, jobs }), refused)
    }
    const { config } = await streams.info("POOL_foreign_jobs")
    t.strictSame([config.retention, config.subjects], ["limits", ["foreign.job.>"]])
  })

  t.test("limits by which jobs are lost, and a seal, are told with what to do", async (t) => {
    const pool = new TestPool(t, server)
    await pool.join("a", { pool: "limits", jobs })
    const client = await PoolClient.connect({ servers: server.url, pool: "limits" })
    t.teardown(() => client.close())
    const said = async () =>
      (await jobsExamined(connection, "limits")).find(({ what }) => what === "jobs: stream")
    t.equal(await said(), undefined)
    await streams.update("POOL_limits_jobs", { max_msgs: 1_000 })
    const drops = "stream POOL_limits_jobs drops its oldest jobs when it holds 1000 messages"
    t.match(await said(), { verdict: "warn", says: drops, remedy: /nats stream edit --max-age=0/ })
    await pool.join("b", { pool: "limits", jobs })
    t.match(pool.problems.join("\n"), drops)
    await streams.update("POOL_limits_jobs", { sealed: true } as object)
    t.match(await said(), { says: /is sealed: nothing can be stored in it any more/ })
    await t.rejects(client.enqueue("send", 1), {
      code: "stream-refused",
      message: /^stream POOL_limits_jobs stored nothing: .*sealed.*: pool doctor$/,
    })
  })

  t.test(
    "what lets nothing be removed, or drops by key, is told; nothing is said to be gone",
    async (t) => {
      const pool = new TestPool(t, server)
      const done = new Events<QueueJob>()
      await pool.join("a", { pool: "kept", jobs: { send: (job) => done.note(job) } })
      const client = await PoolClient.connect({ servers: server.url, pool: "kept" })
      t.teardown(() => client.close())
      const said = async () =>
        (await jobsExamined(connection, "kept")).filter(({ what }) => what === "jobs: stream")
      await streams.update("POOL_kept_jobs", { max_msgs_per_subject: 1 })
      t.match(await said(), [{ says: /drops a job when 1 more of its key are there/ }])
      await streams.update("POOL_kept_jobs", { max_msgs_per_subject: -1, no_ack: true })
      t.match(await said(), [{ says: /nobody can enqueue/, remedy: /--ack/ }])
      await streams.update("POOL_kept_jobs", { no_ack: false })
      const waits = await client.enqueue("none", 1)
      for (const name of ["POOL_kept_jobs", "POOL_kept_dead"]) {
        await streams.update(name, { deny_delete: true } as object)
      }
      t.match(await said(), [
        { says: /POOL_kept_jobs lets nothing be removed: no job can be cancelled/ },
        { says: /POOL_kept_dead lets nothing be removed/, remedy: /made anew/ },
      ])
      const message = /^stream POOL_kept_jobs keeps what was to be removed: .+; .* pool doctor$/
      await t.rejects(waits.cancel(), { code: "not-removed", message })
      t.match(await waits.state(), { state: "waiting" })
      await client.enqueue("send", 1)
      await done.one(() => true)
    },
  )

  t.test(
    "streams and consumers that somebody deletes are made anew, and work goes on",
    async (t) => {
      const pool = new TestPool(t, server)
      await pool.join("a", { pool: "gone", jobs })
      const client = await PoolClient.connect({ servers: server.url, pool: "gone" })
      t.teardown(() => client.close())
      const send = async (text: string) =>
        (await (await client.enqueue("send", text)).result()).text()
      t.equal(await send("1"), "1")
      for (const priority of [0, 1, 2]) await consumers.delete("POOL_gone_jobs", `send_${priority}`)
      t.equal(await send("2"), "2")
      for (const name of ["POOL_gone_jobs", "POOL_gone_dead"]) await streams.delete(name)
      t.equal(await send("3"), "3")
    },
  )

  t.test(
    "while the dead have no room a job stays alive, and goes to them when they have",
    async (t) => {
      const pool = new TestPool(t, server)
      const failed = new Events<QueueJob>()
      const bad = (job: QueueJob) => {
        failed.note(job)
        throw new Error("no")
      }
      await pool.join("a", { pool: "full", jobs: { ...jobs, bad } })
      const client = await PoolClient.connect({ servers: server.url, pool: "full" })
      t.teardown(() => client.close())
      await streams.update("POOL_full_dead", { max_msgs: 1 })
      const [first, second] = [
        await client.enqueue("bad", 1, { attempts: 1 }),
        await client.enqueue("bad", 2, { attempts: 1 }),
      ]
      await t.rejects(Promise.race([first.result(), second.result()]), { code: "job-failed" })
      await until("the other is told", () =>
        pool.problems.some((it) =>
          /can't be put with the dead; .* maximum messages exceeded/.test(it),
        ),
      )
      const states = async () =>
        [await first.state(), await second.state()].map(({ state }) => state)
      await until("it is delayed", async () => (await states()).includes("delayed"))
      t.strictSame((await states()).toSorted(), ["dead", "delayed"])
      const sent = await client.enqueue("send", "others are done")
      t.equal((await sent.result()).text(), "others are done")
      await streams.update("POOL_full_dead", { max_msgs: 10 })
      const alive = (await first.state()).state === "delayed" ? first : second
      const found = await findJobs(connection, "full")
      const dies = alive.result()
      await Promise.all([t.rejects(dies, { code: "job-failed" }), found?.finder.retry(alive.id)])
      t.strictSame(await states(), ["dead", "dead"])
      t.equal(failed.all.length, 3)
    },
  )

  t.test("junk under the subjects of a pool keeps nobody from their jobs", async (t) => {
    const pool = new TestPool(t, server)
    const done = new Events<QueueJob>()
    const held = new Events<QueueJob>()
    const hold = (job: QueueJob) => {
      held.note(job)
      return new Promise(() => {})
    }
    await pool.join("a", {
      ...{
        pool: "junk",
        jobs: {
          send: (job) => done.note(job),
          held: hold,
        },
      },
      graceMs: 1,
    })
    const publish = (subject: string, data = "", values: Record<string, string> = {}) => {
      const hdrs = headers()
      for (const [name, value] of Object.entries(values)) hdrs.set(name, value)
      connection.publish(`junk.${subject}`, data, { headers: hdrs })
    }
    const odd = { "Pool-Job-Since": "1e300", "Pool-Job-Keep-Result": "1e300", "Nats-Msg-Id": "x y" }
    publish("job.send.0.one", "1", odd)
    for (const at of ["send.5.high", "send.x.high", "send", "send.0"]) publish(`job.${at}`)
    publish("job.held.0.one", "", { ...odd, "Nats-Msg-Id": "> *" })
    publish("dead.send.0.one", "", { "Pool-Job-Died": "never", ...odd })
    for (const at of ["running", "cancel"]) for (const text of ["{", "[]"]) publish(at, text)
    connection.subscribe("junk.running", {
      callback: (_, message) => {
        message.respond("{")
        message.respond(JSON.stringify({ jobs: [{ id: "x", queue: "\u001b[31m" }, null] }))
      },
    })
    publish("job.send.0.two", "2")
    await done.until((all) => all.length === 2)
    await held.one(() => true)
    const found = await findJobs(connection, "junk")
    if (!found) return t.fail("no jobs are found")
    const { queues, running, dead } = await viewOfJobs(found, 10)
    t.match(
      queues.find(({ queue }) => queue === "send"),
      { waiting: 0, astray: 4, dead: 1 },
    )
    t.match(running, [{ queue: "held", worker: "a" }])
    t.equal(running.length, 1)
    t.match(dead, [{ record: { queue: "send" } }])
    const told = pool.problems.join("\n")
    for (const subject of ["running", "cancel"])
      t.match(told, `ignored a message on junk.${subject}`)
    t.notMatch(told, /could not be stored/)
  })
})
