import { connect, type NatsConnection } from "nats"
import t, { type Test } from "tap"
import { PoolClient } from "../../src/client/client.js"
import { JobWatch } from "../../src/dashboard/job-watch.js"
import type { JobsLook } from "../../src/dashboard/jobs/jobs-seen.js"
import type { QueueJob } from "../../src/jobs/contract/queue-job.js"
import { isAtLeast } from "../../src/nats/server-version.js"
import { Events } from "../fixtures/events.js"
import { ManualClock } from "../fixtures/manual-clock.js"
import { testPool } from "../fixtures/pool.js"

async function watched(t: Test, url: string) {
  const connection: NatsConnection = await connect({ servers: url })
  const clock = new ManualClock()
  const looks = new Events<JobsLook>()
  const told = (look: JobsLook | { readonly problem: string }) => {
    if ("problem" in look) throw new Error(look.problem)
    looks.note(look)
  }
  const watch = new JobWatch(connection, "work", told, clock)
  t.teardown(() => {
    watch.show(false)
    return connection.close()
  })
  /** What the next look sees. */
  const next = async () => {
    const { length } = looks.all
    await clock.pass(1_000)
    await looks.until((all) => all.length > length)
    return looks.all.at(-1) as JobsLook
  }
  /** Looks until it is as wanted. */
  const until = async (holds: (look: JobsLook) => boolean) => {
    for (;;) {
      const look = await next()
      if (holds(look)) return look
    }
  }
  return { connection, clock, watch, looks, next, until }
}

async function clientOf(t: Test, servers: string): Promise<PoolClient> {
  const client = await PoolClient.connect({ servers })
  t.teardown(() => client.close())
  return client
}

t.test(
  "nothing is asked but while it is shown, and nothing made of a pool without jobs",
  async (t) => {
    const pool = await testPool(t)
    const { connection, clock, watch, looks } = await watched(t, pool.server.url)
    const sent = () => connection.stats().outMsgs
    await clock.pass(10_000)
    t.equal(sent(), 0)
    watch.show(true)
    t.match(await looks.one(() => true), { hasJobs: false })
    watch.show(false)
    const before = sent()
    await clock.pass(10_000)
    t.equal(sent(), before)
    await t.rejects(watch.order("pause", { queue: "send" }), { name: "NoSuchJob" })
    const client = await clientOf(t, pool.server.url)
    await client.enqueue("send", "x")
    watch.show(true)
    await looks.until((all) => all.some(({ hasJobs }) => hasJobs))
  },
)

t.test("what waits, runs and is dead is seen, and each lever does what it says", async (t) => {
  const pool = await testPool(t)
  const { watch, until, connection } = await watched(t, pool.server.url)
  let fails = true
  const bad = () => {
    if (fails) throw new Error("no way")
  }
  const slow = async (job: QueueJob) => {
    job.progress("half")
    await new Promise((_, reject) => {
      job.signal.addEventListener("abort", () => reject(job.signal.reason))
    })
  }
  await pool.join("a", { jobs: { bad, slow } })
  const client = await clientOf(t, pool.server.url)
  await client.enqueueMany("bad", ["1", "2", "3"], { attempts: 1 })
  const job = await client.enqueue("slow", "x")
  await client.enqueue("nobody", "x")
  watch.show(true)
  const seen = await until(({ running, dead }) => {
    // What died may still be about to be let go.
    return dead.length === 3 && running.length === 1 && running[0]?.progress === "half"
  })
  t.match(seen.queues, [
    { queue: "bad", dead: 3, ended: 3 },
    { queue: "nobody", waiting: 1, isServed: false, oldestMs: Number },
    { queue: "slow", running: 1 },
  ])
  t.match(seen.running, [{ id: job.id, worker: "a", attempt: 1 }])
  t.match(seen.dead, [{ queue: "bad", reason: "no way", worker: "a" }, {}, {}])

  const id = seen.dead[0]?.id ?? ""
  t.equal(await watch.order("discard", { queue: "bad", id }), `forgot ${id}`)
  await until(({ dead }) => dead.length === 2)
  await t.rejects(watch.order("retry", { queue: "bad", id }), { name: "NoSuchJob" })
  fails = false
  t.equal(await watch.order("retry", { queue: "bad" }), "brought back 2 jobs of bad")
  await until(({ queues, dead }) => dead.length === 0 && queues[0]?.ended === 5)
  t.equal(await watch.order("cancel", { queue: "slow", id: job.id }), `cancelled ${job.id}`)
  await until(({ running }) => running.length === 0)
  if (!isAtLeast(connection.info?.version ?? "0", "2.11")) return
  t.match(await watch.order("pause", { queue: "slow" }), /^paused slow/)
  await until(({ queues }) => queues.some(({ pausedUntilMs }) => pausedUntilMs))
  t.equal(await watch.order("resume", { queue: "slow" }), "resumed slow")
  await until(({ queues }) => !queues.some(({ pausedUntilMs }) => pausedUntilMs))
  await t.rejects(watch.order("pause", { queue: "nobody" }), /no worker has served nobody yet/)
})
