/** Thousands of delayed jobs that fall due at one instant: while a worker takes them, and with none until all are ready. */
import { monitorEventLoopDelay } from "node:perf_hooks"
import { connect as connectTo } from "nats"
import t, { type Test } from "tap"
import { PoolClient } from "../../src/client/client.js"
import { joinPool } from "../../src/index.js"
import type { QueueJob } from "../../src/jobs/contract/queue-job.js"
import { JetStreamJobs } from "../../src/jobs/store/jetstream-jobs.js"
import { testServer } from "../fixtures/server.js"
import { until } from "../fixtures/until.js"
import { isAll } from "./rounds.js"

const MANY = isAll ? 100_000 : 10_000
/** So many are ready before anybody takes one. */
const READY_FIRST = MANY / 10
/** How long it takes at most until all are stored, in ms; later ones are due at once. */
const STORED_MS = isAll ? 120_000 : 8_000
const PATIENCE_MS = isAll ? 900_000 : 240_000
const CONCURRENCY = 50
const NANOS_IN_MS = 1e6

t.setTimeout(2 * PATIENCE_MS)

t.test(`${MANY} jobs that fall due together are done once each, and none early`, async (t) => {
  const { connect, client } = await stage(t)
  const dueMs = Date.now() + STORED_MS
  const times = new Map<string, number>()
  const lateMs: number[] = []
  const worker = await joinPool({
    ...{ name: "a", connect },
    jobs: { send: { handler: (job: QueueJob) => did(job), concurrency: CONCURRENCY } },
  })
  t.teardown(() => worker.leave())
  function did({ id }: QueueJob): void {
    times.set(id, (times.get(id) ?? 0) + 1)
    lateMs.push(Date.now() - dueMs)
  }
  const standing = monitorEventLoopDelay({ resolution: 1 })
  standing.enable()
  const jobs = await client.enqueueMany("send", numbers(MANY), () => untilThen(dueMs))
  await until("all are done", () => times.size === MANY, PATIENCE_MS)
  standing.disable()
  t.strictSame(
    jobs.filter(({ id }) => times.get(id) !== 1).map(({ id }) => id),
    [],
    "none is lost, and none done twice",
  )
  t.ok((lateMs[0] ?? -1) >= 0, "the first is not early")
  const [first, half, last] = [0, MANY / 2, MANY - 1].map((n) => lateMs[n])
  const longest = (standing.max / NANOS_IN_MS).toFixed(0)
  t.comment(
    `late by ${first}, ${half}, ${last} ms; the process stood still for ${longest} ms at most`,
  )
})

t.test(
  "of those that are ready together the urgent ones are done first, for the most part",
  async (t) => {
    const { connect, client, connection } = await stage(t)
    const dueMs = Date.now() + STORED_MS / 4
    // The others first, so that it is not their order that decides.
    for (const priority of [0, 2]) {
      const own = () => ({ ...untilThen(dueMs), priority })
      await client.enqueueMany("send", numbers(READY_FIRST), own)
    }
    const store = await JetStreamJobs.open({ connection, pool: "work" })
    await until("all are ready", async () => {
      const [queue] = await store.counts()
      return queue?.waiting === 2 * READY_FIRST && Date.now() > dueMs
    })
    const done: number[] = []
    const worker = await joinPool({
      ...{ name: "a", connect },
      jobs: {
        send: {
          handler: ({ priority }: QueueJob) => void done.push(priority),
          concurrency: CONCURRENCY,
        },
      },
    })
    t.teardown(() => worker.leave())
    await until("all are done", () => done.length === 2 * READY_FIRST, PATIENCE_MS)
    // One that was given back, or waits for its lease, comes last for all that: order is not promised of each.
    const urgent = done.slice(0, READY_FIRST).filter((priority) => priority === 2).length
    t.comment(
      `${urgent} of the first ${READY_FIRST} were urgent, the last one came as ${done.lastIndexOf(2) + 1}`,
    )
    t.ok(urgent > READY_FIRST / 2)
  },
)

/** A server, who enqueues, and how others connect. */
async function stage(t: Test) {
  const connect = { servers: (await testServer(t)).url }
  const connection = await connectTo(connect)
  const client = await PoolClient.connect({ connection })
  t.teardown(async () => {
    await client.close()
    await connection.close()
  })
  return { connect, connection, client }
}

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, n) => n)
}

function untilThen(dueMs: number): { readonly delayMs: number; readonly timeoutMs: number } {
  return { delayMs: Math.max(0, dueMs - Date.now()), timeoutMs: PATIENCE_MS }
}
