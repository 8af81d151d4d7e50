import { join } from "node:path"
import { connect } from "nats"
import t, { type Test } from "tap"
import { jobNamesOf } from "../../src/jobs/contract/job-names.js"
import { JetStreamJobs } from "../../src/jobs/store/jetstream-jobs.js"
import { built } from "../fixtures/built.js"
import { type RunningCommand, startNode } from "../fixtures/cli.js"
import { testServer } from "../fixtures/server.js"

const WORKER = join(import.meta.dirname, "../fixtures/cron-worker.mjs")
const TAKEOVERS = process.env.FAULTS === "all" ? 200 : 2
const LEASE_MS = 600

built("index.js")

/** Sleeps until the clock shows a whole second, and so many ms more. */
function untilSecond(moreMs: number): Promise<void> {
  const leftMs = 1_000 - (Date.now() % 1_000) + moreMs
  return new Promise((resolve) => setTimeout(resolve, leftMs))
}

t.test(
  "the leader is killed at the tick, again and again: none is lost, none doubled",
  async (t) => {
    const server = await testServer(t)
    const alive: { readonly name: string; readonly worker: RunningCommand }[] = []
    let count = 0
    const start = async (t: Test) => {
      count += 1
      const name = `w${count}`
      const worker = startNode(t, [WORKER, name, String(LEASE_MS)], {
        env: { NATS_URL: server.url },
      })
      alive.push({ name, worker })
      await worker.says(new RegExp(`${name} is there`))
    }
    await start(t)
    await start(t)
    for (let n = 0; n < TAKEOVERS; n += 1) {
      const next = start(t)
      const leader = await Promise.any(
        alive.map(async (one) => one.worker.says(new RegExp(`${one.name} leads`)).then(() => one)),
      )
      await next
      await untilSecond((n % 12) * 2 - 4)
      leader.worker.child.kill("SIGKILL")
      await leader.worker.ended()
      alive.splice(alive.indexOf(leader), 1)
    }
    const last = await Promise.any(
      alive.map(async (one) => one.worker.says(new RegExp(`${one.name} leads`)).then(() => one)),
    )
    t.ok(last)
    await untilSecond(1_000)
    const connection = await connect({ servers: server.url })
    t.teardown(() => connection.close())
    const store = await JetStreamJobs.open({ connection, pool: "work" })
    const jobs = await store.list("jobs", jobNamesOf("work").ready("report", 0), 100_000)
    const ticks = jobs.map((job) => Date.parse(job.headers?.get("Pool-Cron-Tick") ?? "") / 1_000)
    const from = Math.min(...ticks)
    t.strictSame(
      ticks.toSorted((a, b) => a - b),
      Array.from({ length: Math.max(...ticks) - from + 1 }, (_, n) => from + n),
    )
    t.ok(ticks.length >= TAKEOVERS, `${ticks.length} ticks`)
    t.match(await store.last("jobs", "work.tick.each"), { subject: "work.tick.each" })
    t.ok((await store.list("jobs", "work.tick.>", 1_000)).length <= 12, "old cursors are gone")
  },
)
