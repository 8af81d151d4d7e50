import t, { type Test } from "tap"
import { Troubles } from "../../src/contracts/troubles.js"
import { cronNamesOf } from "../../src/cron/cron-names.js"
import { wholeOf } from "../../src/cron/definition.js"
import { ticksOf } from "../../src/cron/expression.js"
import { RunningCron } from "../../src/cron/running-cron.js"
import { jobNamesOf } from "../../src/jobs/contract/job-names.js"
import type { JobStore, PairedFirst, ToStore } from "../../src/jobs/contract/job-store.js"
import { MemoryJobs } from "../../src/jobs/store/memory-jobs.js"
import type { Leadership } from "../../src/lease/leadership.js"
import { ManualClock } from "../fixtures/manual-clock.js"

const SECOND = 1_000

/** A pool on a clock of its own, and leaders of it that fire at each second. */
function testCron(t: Test) {
  const clock = new ManualClock()
  const store = new MemoryJobs({ pool: "work", clock, maxPayload: 1024 })
  const problems: string[] = []
  const troubles = new Troubles(clock, (problem) => problems.push(problem))
  const whole = wholeOf("each", { at: "* * * * * *", job: "report", missed: "all" }, undefined)
  let terms = 0
  const lead = (over: Partial<JobStore> = {}) => {
    const abort = new AbortController()
    t.teardown(() => abort.abort())
    const own = new Proxy(store, {
      get: (target, name) => {
        const value = over[name as keyof JobStore] ?? target[name as keyof MemoryJobs]
        return typeof value === "function" ? value.bind(target) : value
      },
    })
    terms += 1
    const leadership: Leadership = {
      ...{ term: terms, signal: abort.signal, remainingMs: () => 1_000 },
      isLeading: () => !abort.signal.aborted,
      publish: () => Promise.reject(new Error("not here")),
    }
    const [names, cron] = [jobNamesOf("work"), cronNamesOf("work")]
    const context = { leadership, store: own, names, cron, clock, troubles, by: `l${terms}` }
    if (!whole) throw new Error("it is whole")
    const running = new RunningCron(
      { ...context, watchedMs: store.nowMs() },
      whole,
      ticksOf(whole.at, whole.tz, "it"),
    )
    const run = running.run()
    return {
      running,
      end: async () => {
        abort.abort()
        await clock.pass(1)
        await run
      },
    }
  }
  return {
    ...{ clock, store, lead, problems },
    ticks: async () => {
      const jobs = await store.list("jobs", "work.job.>", 1_000)
      const from = store.nowMs() - (store.nowMs() % SECOND)
      return jobs.map((job) => {
        const tick = Date.parse(job.headers?.get("Pool-Cron-Tick") ?? "")
        return (tick - from) / SECOND
      })
    },
  }
}

t.test("who leads after another looks what was fired before it fires", async (t) => {
  const { clock, lead, ticks, store } = testCron(t)
  const first = lead()
  await clock.pass(2 * SECOND)
  await first.end()
  const done: string[] = []
  const second = lead({
    last: async (...of) => {
      done.push("read")
      return MemoryJobs.prototype.last.apply(store, of)
    },
    storePair: async (...of) => {
      done.push("fired")
      return MemoryJobs.prototype.storePair.apply(store, of)
    },
  })
  await clock.pass(SECOND)
  await second.end()
  t.strictSame(done, ["read", "fired"])
  t.strictSame(await ticks(), [-2, -1, 0])
})

t.test("two that both believe to lead fire each tick once", async (t) => {
  const { clock, lead, ticks } = testCron(t)
  const all = [lead(), lead(), lead()]
  await clock.pass(4 * SECOND)
  for (const one of all) await one.end()
  t.strictSame(await ticks(), [-3, -2, -1, 0])
})

t.test("without batches a tick that was fired halfway is fired once all the same", async (t) => {
  const { clock, lead, ticks, store } = testCron(t)
  const abilities = { ...store.abilities, hasBatches: false }
  let cursors = 0
  const halfway = async (message: ToStore) => {
    if (message.subject === "work.tick.each" && cursors++ > 0) throw new Error("gone")
    return MemoryJobs.prototype.store.call(store, message)
  }
  const first = lead({ abilities, store: halfway })
  await clock.pass(SECOND)
  await first.end()
  t.strictSame(await ticks(), [0])
  const second = lead({ abilities })
  await clock.pass(2 * SECOND)
  await second.end()
  t.strictSame(await ticks(), [-2, -1, 0])
})

t.test("a tick whose acknowledgement is lost is not fired again", async (t) => {
  const { clock, lead, ticks, store, problems } = testCron(t)
  let lost = 0
  const storePair = async (cursor: PairedFirst, job: ToStore) => {
    const stored = await MemoryJobs.prototype.storePair.call(store, cursor, job)
    lost += 1
    if (lost % 2 === 1) throw new Error("no answer")
    return stored
  }
  const one = lead({ storePair })
  await clock.pass(4.1 * SECOND)
  await one.end()
  t.strictSame(await ticks(), [-3, -2, -1, 0])
  t.match(problems[0], /cron each can't be fired; it is tried again/)
})

t.test("a tick that was not stored is fired as soon as it can be", async (t) => {
  const { clock, lead, ticks, store } = testCron(t)
  let isUp = false
  const storePair = async (cursor: PairedFirst, job: ToStore) => {
    if (!isUp) throw new Error("no answer")
    return MemoryJobs.prototype.storePair.call(store, cursor, job)
  }
  const one = lead({ storePair })
  await clock.pass(2 * SECOND)
  t.strictSame(await ticks(), [])
  isUp = true
  await clock.pass(8.1 * SECOND)
  await one.end()
  t.equal((await ticks()).length, 10)
})

t.test("what its reign does not cover it leaves to the next", async (t) => {
  const { clock, lead, ticks } = testCron(t)
  const first = lead()
  await clock.pass(SECOND)
  await first.end()
  await clock.pass(3 * SECOND)
  t.equal((await ticks()).length, 1)
  const second = lead()
  await clock.pass(SECOND)
  await second.end()
  t.equal((await ticks()).length, 5)
})

t.test("only the last few cursors are kept", async (t) => {
  const { clock, lead, store } = testCron(t)
  const one = lead()
  await clock.pass(30 * SECOND)
  await one.end()
  t.equal((await store.list("jobs", "work.tick.>", 100)).length, 10)
})
