import { join } from "node:path"
import { connect } from "nats"
import t from "tap"
import { jobNamesOf } from "../../src/jobs/contract/job-names.js"
import { JetStreamJobs } from "../../src/jobs/store/jetstream-jobs.js"
import { built } from "../fixtures/built.js"
import { type RunningCommand, startNode } from "../fixtures/cli.js"
import { testServer } from "../fixtures/server.js"
import { until } from "../fixtures/until.js"

const WORKER = join(import.meta.dirname, "../fixtures/cron-worker.mjs")
/** So many are there, or about to be: where it is busy the start of a process takes far longer than a takeover. */
const WORKERS = 6
const TAKEOVERS = process.env.FAULTS === "all" ? 200 : 2
const LEASE_MS = 600

built("index.js")

// A busy machine takes seconds to start one of them.
t.setTimeout(60_000 + TAKEOVERS * 10_000)

/** Sleeps until the clock shows a whole second, and so many ms more. */
function untilSecond(moreMs: number): Promise<void> {
  const leftMs = 1_000 - (Date.now() % 1_000) + moreMs
  return new Promise((resolve) => setTimeout(resolve, leftMs))
}

t.test(
  "the leader is killed at the tick, again and again: none is lost, none doubled",
  async (t) => {
    const server = await testServer(t)
    let alive: RunningCommand[] = []
    let count = 0
    const start = () => {
      count += 1
      const args = [WORKER, `w${count}`, String(LEASE_MS)]
      alive.push(startNode(t, args, { env: { NATS_URL: server.url } }))
    }
    /** The last term in which it has led; 0 if it never has. */
    const termOf = (worker: RunningCommand) =>
      Number([...worker.said().matchAll(/leads, term (\d+)/g)].at(-1)?.[1] ?? 0)
    const leading = async (after: number) => {
      let leader: RunningCommand | undefined
      await until(`somebody leads after term ${after}`, () => {
        leader = alive.find((worker) => termOf(worker) > after)
        return leader !== undefined
      })
      return leader as RunningCommand
    }
    for (let n = 0; n < WORKERS; n += 1) start()
    let term = 0
    for (let n = 0; n < TAKEOVERS; n += 1) {
      const leader = await leading(term)
      term = termOf(leader)
      await until("another is there", () =>
        alive.some((worker) => worker !== leader && /is there/.test(worker.said())),
      )
      await untilSecond((n % 12) * 2 - 4)
      leader.child.kill("SIGKILL")
      await leader.ended()
      alive = alive.filter((worker) => worker !== leader)
      start()
    }
    await leading(term)
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
    t.comment(`${ticks.length} ticks, ${TAKEOVERS} takeovers, the last term is ${term}`)
    t.match(await store.last("jobs", "work.tick.each"), { subject: "work.tick.each" })
    t.ok((await store.list("jobs", "work.tick.>", 1_000)).length <= 12, "old cursors are gone")
  },
)
