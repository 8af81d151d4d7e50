import { connect } from "nats"
import t from "tap"
import { PoolClient } from "../../src/client/client.js"
import { ClientClosed } from "../../src/errors/client-errors.js"
import type { FoundJob, JobFinder } from "../../src/jobs/job-finder.js"
import { JobLooks, LOOK_MS } from "../../src/jobs/job-looks.js"
import { testJobs } from "../fixtures/jobs.js"
import { ManualClock, settled } from "../fixtures/manual-clock.js"
import { testServer } from "../fixtures/server.js"

/** Looks whose answers come when the test says so. */
function stage() {
  const clock = new ManualClock()
  const answers: ((found: FoundJob | undefined) => void)[] = []
  const refusals: ((error: unknown) => void)[] = []
  const find = () =>
    new Promise<FoundJob | undefined>((resolve, reject) => {
      answers.push(resolve)
      refusals.push(reject)
    })
  const finder: Pick<JobFinder, "find"> = { find }
  let gone = 0
  const looks = new JobLooks({ id: "1", queue: "send", clock, finder, gone: () => void gone++ })
  return { clock, answers, refusals, looks, gone: () => gone }
}

t.test("a job is looked for until it is gone, also while the server is away", async (t) => {
  const { clock, answers, refusals, looks, gone } = stage()
  looks.begin(LOOK_MS)
  await clock.pass(LOOK_MS)
  answers[0]?.({ place: "job" } as FoundJob)
  await clock.pass(LOOK_MS)
  refusals[1]?.(new Error("away"))
  await clock.pass(LOOK_MS)
  answers[2]?.(undefined)
  await clock.pass(LOOK_MS)
  t.strictSame([answers.length, gone(), clock.alarms], [3, 1, 0])
})

for (const end of ["found", "gone", "refused"]) {
  t.test(
    `nothing comes of a look that is under way when nobody waits any more: ${end}`,
    async (t) => {
      const { clock, answers, refusals, looks, gone } = stage()
      looks.begin(0)
      await clock.pass(1)
      looks.stop()
      if (end === "refused") refusals[0]?.(new Error("away"))
      else answers[0]?.(end === "found" ? ({ place: "job" } as FoundJob) : undefined)
      await settled()
      t.strictSame([clock.alarms, gone()], [0, 0])
    },
  )
}

t.test("two may wait for one job, and nothing is left of either", async (t) => {
  const { client, join, local, clock } = testJobs(t)
  const job = await client.enqueue("send", 1)
  await settled()
  const idle = clock.alarms
  const late = t.rejects(job.result({ timeoutMs: 10 }), { code: "no-result" })
  const result = job.result()
  await clock.pass(10)
  await late
  const worker = await join("a", { jobs: { send: () => "done" } })
  t.equal((await result).text(), "done")
  await local.drain()
  await worker.leave()
  t.equal(clock.alarms, idle)
})

t.test("a client that is closed waits for no job, and enqueues none", async (t) => {
  const { client, clock } = testJobs(t)
  const job = await client.enqueue("send", 1)
  const others = await client.job("send", "other")
  const idle = clock.alarms
  const waits = [job.result(), others.result(), job.result({ timeoutMs: 60_000 })]
  const refused = Promise.all(waits.map((wait) => t.rejects(wait, { code: "client-closed" })))
  await client.close()
  await refused
  t.equal(clock.alarms, idle)
  await t.rejects(job.result(), { code: "client-closed" })
  await t.rejects(client.enqueue("send", 2), { code: "client-closed" })
})

t.test("the same where the owner of its connection closes that", async (t) => {
  const { url } = await testServer(t)
  const connection = await connect({ servers: url })
  const client = await PoolClient.connect({ connection })
  const job = await client.enqueue("send", 1)
  const others = await client.job("send", "other")
  const waits = [job.result(), others.result()].map((wait) => wait.catch((error) => error))
  await connection.close()
  for (const error of await Promise.all(waits)) t.ok(error instanceof ClientClosed, String(error))
  await t.rejects(client.enqueue("send", 2), { code: "client-closed" })
  await client.close()
})

t.test("no worker is too fast for who asks later, whatever the job is known by", async (t) => {
  const { client, join, local } = testJobs(t)
  let open = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  await join("a", { jobs: { send: () => "sent", slow: () => opened.then(() => "done") } })
  const own = await client.enqueue("send", 1, { id: "order-1" })
  await local.drain()
  t.equal((await own.result()).text(), "sent", "an id of one's own")
  const again = await client.enqueue("send", 1, { id: "order" })
  await local.drain()
  t.equal((await again.result()).text(), "sent")

  const other = await PoolClient.connect({ local })
  t.teardown(() => other.close())
  const first = await other.enqueue("slow", 1, { unique: "ann" })
  const second = await client.enqueue("slow", 1, { unique: "ann" })
  t.match(second, { id: first.id, already: true })
  open()
  t.equal((await first.result()).text(), "done")
  t.equal((await second.result()).text(), "done", "what another enqueued")
})
