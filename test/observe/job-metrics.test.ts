import t from "tap"
import type { QueueCounts } from "../../src/jobs/contract/job-store.js"
import { Metrics } from "../../src/observe/metrics.js"
import { joinPool } from "../../src/worker/worker.js"
import { familiesIn, valueAt } from "../fixtures/exposition.js"
import { testJobs } from "../fixtures/jobs.js"
import { follower } from "../fixtures/measured.js"
import { until } from "../fixtures/until.js"

const QUEUE: QueueCounts = {
  ...{ queue: "send", waiting: 3, running: 2, delayed: 1, dead: 4, ended: 9 },
  ...{ isServed: true, oldestMs: 5_000 },
}

t.test(
  "the queues of the pool are asked for once a scrape, and kept for some seconds",
  async (t) => {
    let asked = 0
    const metrics = new Metrics("work", "a", () => follower)
    metrics.ofJobs({
      counts: async () => {
        asked += 1
        return [QUEUE, { ...QUEUE, queue: "slow", oldestMs: undefined, pausedUntilMs: 1 }]
      },
      nowMs: () => 65_000,
    })
    t.equal(asked, 0, "nobody has asked for them")
    const families = familiesIn(await metrics.text())
    const of = (name: string, queue = "send") => valueAt(families, `pool_jobs_${name}`, { queue })
    t.strictSame(
      ["waiting", "running", "delayed", "dead"].map((name) => of(name)),
      [3, 2, 1, 4],
    )
    t.strictSame([of("oldest_waiting_seconds"), of("oldest_waiting_seconds", "slow")], [60, 0])
    t.strictSame([of("served"), of("paused"), of("paused", "slow")], [1, 0, 1])
    await metrics.text()
    t.equal(asked, 1)
  },
)

t.test("while the server does not say they are left out, and the rest is served", async (t) => {
  const metrics = new Metrics("work", "a", () => follower)
  const jobs = metrics.ofJobs({
    counts: () => Promise.reject(new Error("timeout")),
    nowMs: () => 0,
  })
  t.equal(metrics.ofJobs({ counts: async () => [], nowMs: () => 0 }), jobs, "one for jobs and cron")
  jobs.ended("send", "done")
  jobs.ended("send", "done")
  jobs.ended("send", "dead")
  jobs.crashed("send")
  jobs.ticked("nightly", 2)
  jobs.ticked("nightly", 0)
  const families = familiesIn(await metrics.text())
  const of = (name: string, labels: Record<string, string>) => valueAt(families, name, labels)
  t.strictSame(families.get("pool_jobs_waiting")?.samples ?? [], [])
  t.equal(of("pool_jobs_attempts_total", { queue: "send", outcome: "done" }), 2)
  t.equal(of("pool_jobs_attempts_total", { queue: "send", outcome: "dead" }), 1)
  t.equal(of("pool_jobs_crashed_total", { queue: "send" }), 1)
  t.equal(of("pool_cron_ticks_total", { cron: "nightly", outcome: "fired" }), 2)
  t.equal(of("pool_cron_ticks_total", { cron: "nightly", outcome: "skipped" }), 2)
})

t.test("a worker counts what becomes of its jobs, and the ticks that it fires", async (t) => {
  const { local, client, clock } = testJobs(t)
  let fails = true
  const send = () => {
    if (fails) throw new Error("no way")
  }
  const cron = { beat: { at: "* * * * * *", job: "send" } }
  const worker = await joinPool({ local, http: 0, jobs: { send }, cron, leaseMs: 60_000 })
  t.teardown(() => worker.leave())
  /** Whether any was counted, after a while. */
  const counted = (name: string, labels: Record<string, string>) => async () => {
    await clock.pass(500)
    const families = familiesIn(await (await fetch(`${worker.httpUrl}/metrics`)).text())
    const samples = families.get(name)?.samples ?? []
    const isMeant = (own: Readonly<Record<string, string>>) =>
      Object.entries(labels).every(([label, value]) => own[label] === value)
    return samples.some((sample) => isMeant(sample.labels) && sample.value > 0)
  }
  const ended = (outcome: string) => counted("pool_jobs_attempts_total", { queue: "send", outcome })
  await client.enqueue("send", "x", { attempts: 2, backoffMs: 50 })
  await until("it was tried again", ended("retried"))
  await until("it is dead", ended("dead"))
  fails = false
  await client.enqueue("send", "x")
  await until("another is done", ended("done"))
  await until(
    "a tick was fired",
    counted("pool_cron_ticks_total", { cron: "beat", outcome: "fired" }),
  )
})

t.test("a worker without jobs serves nothing of them", async (t) => {
  const families = familiesIn(await new Metrics("work", "a", () => follower).text())
  t.strictSame(
    [...families.keys()].filter((name) => /^pool_(jobs|cron)_/.test(name)),
    [],
  )
})
