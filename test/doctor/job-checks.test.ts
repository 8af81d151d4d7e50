import t from "tap"
import type { CronRow } from "../../src/cron/cron-desk.js"
import { type JobFacts, jobFindings } from "../../src/doctor/job-checks.js"
import type { QueueCounts } from "../../src/jobs/contract/job-store.js"

const ALL = {
  ...{ hasSchedules: true, hasTtl: true, isUniqueEverywhere: true },
  ...{ canPause: true, hasBatches: true, isReplicated: false },
}
const WELL: JobFacts = {
  ...{ version: "2.12.15", abilities: ALL, queues: [], losses: [], nowMs: 1_000_000 },
  ...{ dead: { count: 3, most: 100 }, cron: { by: "a", crons: [] } },
}

function queue(name: string, over: Partial<QueueCounts> = {}): QueueCounts {
  const none = { waiting: 0, running: 0, delayed: 0, dead: 0, ended: 0 }
  return { queue: name, ...none, isServed: true, ...over }
}

function cron(name: string, over: Partial<CronRow> = {}): CronRow {
  const own = { name, at: "* * * * *", tz: "UTC", job: "send", missed: "skip", from: "pool" }
  return { ...own, isPaused: false, ...over }
}

/** What is said of one point: `ok: 3`. */
function said(what: string, over: Partial<JobFacts>): string {
  const found = jobFindings({ ...WELL, ...over }).find((it) => it.what === what)
  return `${found?.verdict}: ${found?.says}`
}

t.test("what a server can't do is said with what is done in its place", async (t) => {
  const server = (over: Partial<typeof ALL>, version = "2.12.15") =>
    said("jobs: server", { version, abilities: { ...ALL, ...over } })
  t.equal(server({}), "ok: 2.12.15 has all that jobs and cron can use")
  t.equal(
    server({ hasSchedules: false }, "2.11.9"),
    "warn: on 2.11.9 delayed jobs lie with those that are ready",
  )
  const none = Object.fromEntries(Object.keys(ALL).map((name) => [name, false]))
  for (const words of [/delayed jobs/, /unique counts/, /no result/, /paused/, /fired twice/]) {
    t.match(server(none, "2.9.10"), words)
  }
})

t.test("queues: unserved goes before paused, paused before late", async (t) => {
  const queues = (...all: QueueCounts[]) => said("jobs: queues", { queues: all })
  const unserved = queue("other", { waiting: 3, isServed: false })
  const paused = queue("send", { waiting: 2, pausedUntilMs: 9 })
  const late = queue("slow", { waiting: 1, oldestMs: 1_000_000 - 6 * 60_000 })
  t.equal(queues(late, paused, unserved), "warn: nobody serves other (3 waiting)")
  t.equal(queues(late, paused), "warn: paused: send (2 waiting)")
  t.equal(queues(late), "warn: jobs have waited: slow for 6 min")
  t.equal(queues(queue("a", { waiting: 1, oldestMs: 999_000 })), "ok: 1, 1 jobs waiting")
  t.equal(
    queues(queue("a", { pausedUntilMs: 9 }), queue("b", { isServed: false })),
    "ok: 2, 0 jobs waiting; paused, with nothing waiting: a",
  )
})

t.test("jobs that no worker takes, and limits by which some are lost, are said", async (t) => {
  const queues = [queue("send", { astray: 2 }), queue("other", { waiting: 3, isServed: false })]
  t.equal(
    said("jobs: queues", { queues }),
    "warn: jobs lie where no worker takes any from: send (2)",
  )
  t.equal(said("jobs: stream", { losses: ["it is sealed"] }), "warn: it is sealed")
})

t.test("the dead: worth a word when there is nearly no room left", async (t) => {
  const dead = (count: number, most = 100) => said("jobs: dead", { dead: { count, most } })
  t.equal(dead(79), "ok: 79")
  t.match(dead(80), /^warn: 80 of at most 100: /)
  t.equal(dead(1e9, -1), "ok: 1000000000", "without a limit")
})

t.test(
  "cron: that nobody fires it, that it can't be fired, that nobody serves its job",
  async (t) => {
    const of = (crons: CronRow[], by: string | undefined = "a", ...queues: QueueCounts[]) =>
      said("cron", { cron: { by, crons }, queues })
    t.equal(said("cron", {}), "undefined: undefined", "nothing is defined")
    t.equal(said("cron", { cron: { crons: [cron("n")] } }), "warn: nobody fires n")
    t.equal(of([cron("n", { problem: "bad zone" })]), "warn: n can't be fired: bad zone")
    t.equal(of([cron("n")]), "warn: nobody serves what they enqueue: n (job send)")
    t.match(of([cron("n")], "a", queue("send", { isServed: false })), /^warn: nobody serves/)
    t.equal(of([cron("n")], "a", queue("send")), "ok: 1, fired by a")
    t.equal(of([cron("n", { isPaused: true })]), "ok: 1, fired by a")
  },
)
