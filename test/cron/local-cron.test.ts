import { headers } from "nats"
import t from "tap"
import { CronDesk } from "../../src/cron/cron-desk.js"
import type { QueueJob } from "../../src/jobs/contract/queue-job.js"
import { testJobs } from "../fixtures/jobs.js"
import { until } from "../fixtures/until.js"

/** A minute of the clock of these tests begins so many ms after its start. */
const TO_MINUTE_MS = 60_000 - (1_700_000_000_000 % 60_000)

function noted() {
  const ticks: string[] = []
  const handler = (job: QueueJob) => {
    ticks.push(job.headers?.get("Pool-Cron-Tick") ?? "none")
  }
  return { ticks, handler }
}

t.test("a tick is a job, once, whoever of two leads", async (t) => {
  const { join, clock, local } = testJobs(t)
  const { ticks, handler } = noted()
  const cron = { often: { at: "* * * * *", job: "report", payload: { a: 1 } } }
  const first = await join("a", { jobs: { report: handler }, cron })
  await join("b", { jobs: { report: handler }, cron })
  await clock.pass(TO_MINUTE_MS)
  await local.drain()
  t.equal(ticks.length, 1)
  const left = first.leave()
  await clock.pass(120_000)
  await left
  await local.drain()
  t.equal(ticks.length, 3)
  t.equal(new Set(ticks).size, 3)
})

t.test("a day that is let pass at once is for the policy to say", async (t) => {
  const { join, clock, local } = testJobs(t)
  const { ticks, handler } = noted()
  const cron = { hourly: { at: "@hourly", job: "report", missed: "once" as const } }
  await join("a", { jobs: { report: handler }, cron })
  await clock.pass(5_000)
  // What it needs is loaded in its own time.
  const store = await local.jobs("work")
  await until("it watches", async () => !!(await store.last("jobs", "work.tick.hourly")))
  clock.standStill(24 * 3_600_000)
  await clock.pass(10_000)
  await local.drain()
  t.equal(ticks.length, 1)
})

t.test("what others wrote where it is noted up to where all is fired costs no tick", async (t) => {
  const { join, clock, local } = testJobs(t)
  const { ticks, handler } = noted()
  const cron = { often: { at: "* * * * *", job: "report", missed: "all" as const } }
  const first = await join("a", { jobs: { report: handler }, cron })
  await clock.pass(TO_MINUTE_MS)
  await local.drain()
  t.equal(ticks.length, 1)
  await first.leave()
  const store = await local.jobs("work")
  for (const text of ["no JSON", "{}", '{"atMs":1e300,"spec":""}']) {
    const it = { stream: "jobs", subject: "work.tick.often", headers: headers() } as const
    await store.store({ ...it, data: Buffer.from(text) })
  }
  clock.standStill(120_000)
  const { crons } = await new CronDesk("work", store, local.connect()).list()
  t.strictSame(crons, [], "it is in code alone, and nobody is there")
  await join("b", { jobs: { report: handler }, cron })
  await clock.pass(5_000)
  await until("it has caught up", async () => {
    await local.drain()
    return ticks.length >= 3
  })
  t.equal(new Set(ticks).size, 3)
  const { crons: seen } = await new CronDesk("work", store, local.connect()).list()
  t.match(seen, [{ name: "often", last: { by: "b" } }])
})

t.test("a definition that can't be read ends joining, with a line", async (t) => {
  const { join } = testJobs(t)
  const bad = (over: object) => join("a", { cron: { it: { at: "* * * * *", job: "x", ...over } } })
  await t.rejects(bad({ at: "* * * *" }), { message: /^cron.it: at: expected five fields/ })
  await t.rejects(bad({ tz: "Mars" }), { message: /^cron.it: tz: expected a time zone/ })
  await t.rejects(bad({ job: "a b" }), { message: /^queue: expected/ })
  await t.rejects(bad({ mised: "all" }), { message: /missed/ })
  await t.rejects(bad({ missed: "never" }), { message: /expected .*skip/ })
  await t.rejects(bad({ payload: 5n }), { message: /^cron.it: payload: expected what can be sent/ })
})

t.test(
  "one in the pool that can't be fired is shown with why, and keeps no other back",
  async (t) => {
    const { join, clock, local, problems } = testJobs(t)
    const { ticks, handler } = noted()
    const store = await local.jobs("work")
    const lies = (name: string, text: string, place = "cron") =>
      store.store({
        ...{
          stream: "jobs",
          subject: `work.${place}.${name}`,
          headers: headers(),
          data: Buffer.from(text),
        },
      })
    const at = "* * * * *"
    await lies("queue", JSON.stringify({ at, job: "bad queue.>" }))
    await lies("zone", JSON.stringify({ at, tz: "Mars/X", job: "report" }))
    await lies("junk", "not json")
    await lies(
      "large",
      JSON.stringify({ at, job: "report", payload: "x".repeat(1024 * 1024 - 100) }),
    )
    await lies("since", JSON.stringify({ at, job: "report", sinceMs: 1e300, graceMs: -5 }))
    await lies("fired", JSON.stringify({ at, job: "report", sinceMs: clock.now().wallMs }))
    await lies("fired", JSON.stringify({ atMs: 1e300 }), "tick")
    const cron = { good: { at, job: "report" } }
    await join("a", { jobs: { report: handler }, cron })
    await clock.pass(TO_MINUTE_MS)
    await local.drain()
    t.equal(ticks.length, 3, "times that are none were not said")
    const bus = local.connect()
    const { crons } = await new CronDesk("work", store, bus).list()
    const shown = Object.fromEntries(crons.map(({ name, problem }) => [name, problem]))
    t.match(shown, {
      ...{ good: undefined, since: undefined, fired: undefined },
      ...{ queue: /^queue: expected 1 to 64/, zone: /tz: expected a time zone/ },
      ...{ junk: /^cron: expected a definition with at and job/, large: /^payload of \d+ bytes: / },
    })
    t.equal(problems.filter((problem) => problem.includes("can't be fired")).length, 4)
  },
)

t.test("two that differ say so, and the leader's counts", async (t) => {
  const { join, clock, local, problems } = testJobs(t)
  const { ticks, handler } = noted()
  const at = (expression: string) => ({ it: { at: expression, job: "report" } })
  await join("a", { jobs: { report: handler }, cron: at("* * * * *") })
  await clock.pass(5_000)
  // What it needs is loaded in its own time.
  const store = await local.jobs("work")
  await until("it watches", async () => !!(await store.last("jobs", "work.tick.it")))
  await join("b", { jobs: { report: handler }, cron: at("@yearly") })
  await clock.pass(TO_MINUTE_MS + 60_000)
  await local.drain()
  t.equal(ticks.length, 2)
  t.match(problems, [
    'b: cron it is "@yearly" UTC, job report here, and "* * * * *" UTC, job report at a, which leads and counts',
  ])
})
