import { connect } from "nats"
import t from "tap"
import { PoolClient } from "../../../src/client/client.js"
import type { QueueJob } from "../../../src/jobs/contract/queue-job.js"
import { joinPool } from "../../../src/worker/worker.js"
import { Events } from "../../fixtures/events.js"
import { testJobs } from "../../fixtures/jobs.js"
import { testPool } from "../../fixtures/pool.js"

t.test("what is urgent is done before what was there first", async (t) => {
  const { join, client, local } = testJobs(t)
  const done: string[] = []
  for (const [text, priority] of Object.entries({ c: 0, b: 1, a: 2 })) {
    await client.enqueue("send", text, { priority })
  }
  const handler = async (job: QueueJob) => void done.push(`${job.text()}${job.priority}`)
  await join("w", { jobs: { send: { handler, concurrency: 1 } } })
  await local.drain()
  t.strictSame(done, ["a2", "b1", "c0"])
})

t.test(
  "a job keeps its priority over delays, failures, and its return from the dead",
  async (t) => {
    const { join, client, local, clock } = testJobs(t)
    const seen: number[] = []
    await join("w", {
      jobs: {
        send: (job) => {
          seen.push(job.priority)
          throw new Error("no")
        },
      },
    })
    const { id } = await client.enqueue("send", "x", { priority: 1, delayMs: 1_000, attempts: 2 })
    await clock.pass(10_000)
    await local.drain()
    t.strictSame(seen, [1, 1])
    t.match(await (await client.job("send", id)).state(), { state: "dead" })
  },
)

t.test("what can be no priority is refused", async (t) => {
  const { client } = testJobs(t)
  for (const priority of [-1, 3, 1.5, "2" as unknown as number]) {
    const message = /priority: expected (0 \(the default\) to 2|a number)/
    await t.rejects(client.enqueue("send", "x", { priority }), { message })
  }
})

t.test("on a server an urgent job overtakes a backlog, and one unique key is one", async (t) => {
  const { server } = await testPool(t)
  const client = await PoolClient.connect({ pool: "work", connect: { servers: server.url } })
  t.teardown(() => client.close())
  await client.enqueueMany("send", Array(50).fill("usual"))
  await client.enqueueMany("send", Array(20).fill("urgent"), { priority: 2 })
  await client.enqueue("send", "soon", { priority: 1, unique: "ann" })
  const again = await client.enqueue("send", "soon", { priority: 1, unique: "ann" })
  t.equal(again.already, true)
  const done = new Events<string>()
  const handler = async (job: QueueJob) => done.note(job.text())
  const worker = await joinPool({
    ...{ pool: "work", name: "w", connect: { servers: server.url } },
    jobs: { send: { handler, concurrency: 1 } },
  })
  t.teardown(() => worker.leave())
  await done.until((all) => all.length === 71)
  const last = done.all.lastIndexOf("urgent")
  t.ok(last < 25, `the urgent ones were among the first ${last + 1}`)
  t.ok(done.all.indexOf("usual") < last, "and one of the others between them")
})

t.test("a job for which there was no room is given back, and has not crashed", async (t) => {
  const { server } = await testPool(t)
  const connection = await connect({ servers: server.url })
  t.teardown(() => connection.close())
  const client = await PoolClient.connect({ pool: "work", connection })
  t.teardown(() => client.close())
  const began = new Events<QueueJob>()
  const finish = new Events<() => void>()
  const handler = (job: QueueJob) => {
    began.note(job)
    return new Promise<void>((resolve) => finish.note(resolve))
  }
  const worker = await joinPool({
    ...{ pool: "work", name: "w", connect: { servers: server.url } },
    jobs: { send: { handler, concurrency: 1 } },
  })
  t.teardown(() => worker.leave())
  // One request stands by for each priority, so both of these come at once.
  for (let round = 0; round < 4; round += 1) {
    await Promise.all([
      client.enqueue("send", "usual", { attempts: 1 }),
      client.enqueue("send", "urgent", { attempts: 1, priority: 2 }),
    ])
    await began.until((all) => all.length === 2 * round + 1)
    finish.all.at(-1)?.()
    await began.until((all) => all.length === 2 * round + 2)
    finish.all.at(-1)?.()
  }
  t.strictSame(
    began.all.map(({ attempt }) => attempt),
    Array(8).fill(1),
  )
})
