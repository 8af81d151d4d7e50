/** Jobs while workers, their supervisors and the server are killed, frozen and started anew. */
import t from "tap"
import { PoolClient } from "../../src/client/client.js"
import { JetStreamJobs } from "../../src/jobs/store/jetstream-jobs.js"
import { testServer } from "../fixtures/server.js"
import { until } from "../fixtures/until.js"
import { JobsCrew } from "./jobs-crew.js"
import { isAll, rounds } from "./rounds.js"

const MANY = isAll ? 60 : 12
const DELAYED = 100_000

for (const round of rounds) {
  t.test(
    `jobs of a worker, of a supervisor and of both are done elsewhere when these are killed${round}`,
    async (t) => {
      const it = await JobsCrew.on(t, (await testServer(t)).url)
      await it.start("a", "b", "c")
      const first = await it.running(await it.enqueue(MANY, 150))
      it.kill(first.pid)
      await it.gone(first.who)
      // Its worker sees that it is gone, and stops.
      const second = await it.running(await it.enqueue(MANY, 150))
      it.kill(second.ppid as number)
      await it.gone(second.who)
      await it.start("d")
      const third = await it.running(await it.enqueue(MANY, 150))
      it.kill(third.pid, third.ppid as number)
      const { again } = await it.verdict(t)
      t.ok(again > 0)
    },
  )

  t.test(`a restart of the server loses no job and no end of one${round}`, async (t) => {
    const server = await testServer(t)
    const it = await JobsCrew.on(t, server.url)
    await it.start("a", "b")
    await it.running(await it.enqueue(MANY, 200))
    const restarted = server.restart()
    // Stored as soon as there is a server again.
    const enqueued = it.enqueue(MANY, 20)
    await restarted
    await enqueued
    await it.verdict(t)
  })

  t.test(`who stood still past its lease gives up what another has by then${round}`, async (t) => {
    const it = await JobsCrew.on(t, (await testServer(t)).url)
    await it.start("a")
    const [job] = await it.enqueue(1, 1_500)
    const { pid } = await it.line("it begins", ({ what }) => what === "begins")
    it.freeze(pid)
    await it.start("b")
    await it.line("it begins elsewhere", ({ what, who }) => what === "begins" && who === "b")
    process.kill(pid, "SIGCONT")
    const stops = await it.line("the first gives up", ({ what }) => what === "stops")
    t.match(stops, { who: "a", reason: "JobLeaseOver" })
    await it.verdict(t)
    t.equal(it.lines.filter(({ what }) => what === "ends").length, 1)
    t.equal((await job?.state())?.state, "gone")
  })
}

t.test("of 1,000 enqueues of one unique key at once, one is stored", async (t) => {
  const { url } = await testServer(t)
  const clients = await Promise.all([1, 2].map(() => PoolClient.connect({ servers: url })))
  t.teardown(() => Promise.all(clients.map((client) => client.close())))
  const handles = await Promise.all(
    Array.from({ length: 1_000 }, (_, n) =>
      (clients[n % 2] as PoolClient).enqueue("send", { n }, { unique: "ann", timeoutMs: 60_000 }),
    ),
  )
  t.equal(handles.filter(({ already }) => !already).length, 1)
  t.equal(new Set(handles.map(({ id }) => id)).size, 1)
})

if (isAll) {
  t.test(`${DELAYED} delayed jobs outlast a restart of the server`, async (t) => {
    const server = await testServer(t)
    const it = await JobsCrew.on(t, server.url)
    const payloads = Array.from({ length: DELAYED }, (_, n) => n)
    await it.client.enqueueMany("send", payloads, { delayMs: 3_600_000, timeoutMs: 60_000 })
    const store = await JetStreamJobs.open({ connection: it.connection, pool: "work" })
    const delayed = async () => (await store.counts())[0]?.delayed
    t.equal(await delayed(), DELAYED)
    const beganMs = performance.now()
    await server.restart()
    await until("they are there again", async () => (await delayed().catch(() => 0)) === DELAYED)
    t.comment(`there again after ${(performance.now() - beganMs).toFixed(0)} ms`)
  })
}
