import { headers } from "nats"
import t from "tap"
import { MemoryBus } from "../../src/backend/memory-bus.js"
import { askStatistics } from "../../src/dashboard/statistics.js"
import { jobNamesOf } from "../../src/jobs/contract/job-names.js"
import { AlreadyThere } from "../../src/jobs/contract/job-store.js"
import { JobFinder } from "../../src/jobs/job-finder.js"
import { withStores } from "../fixtures/jobs.js"
import { ManualClock } from "../fixtures/manual-clock.js"
import { until } from "../fixtures/until.js"

t.test("who may hear inboxes of its own alone asks for answers there", async (t) => {
  const clock = new ManualClock()
  const bus = new MemoryBus({ clock })
  const asked: (string | undefined)[] = []
  const hear = (_: unknown, { reply }: { reply?: string | undefined }) => void asked.push(reply)
  bus.connect("all").subscribe(">", { callback: hear as never })
  const own = Object.assign(bus.connect("me"), { options: { inboxPrefix: "_MINE" } })
  const finder = new JobFinder({} as never, jobNamesOf("work"), own)
  const answers = [finder.allRunning(clock, 10), askStatistics(own, clock, "work")]
  await clock.pass(10_000)
  await Promise.all(answers)
  t.strictSame(
    asked.map((reply) => reply?.split(".")[0]),
    ["_MINE", "_MINE", "_MINE"],
  )
})

withStores(
  t,
  "a delayed job that is to be done now is there once, whatever is lost",
  async (t, store) => {
    if (!store.abilities.hasSchedules) return t.comment("this server has no schedules")
    const names = jobNamesOf("work")
    const [ready, later] = (["job", "later"] as const).map((it) =>
      names.subject(it, "send", 0, "a"),
    )
    const delayed = { stream: "jobs", subject: ready as string, data: Buffer.from("1") } as const
    const hdrs = headers()
    hdrs.set("Pool-Job-Id", "a")
    const due = { atMs: store.nowMs() + 3_600_000, until: later as string }
    await store.store({ ...delayed, headers: hdrs, due })
    const stored = store.store.bind(store)
    store.remove = () => Promise.reject(new Error("no answer"))
    store.store = async (message) => {
      await stored(message)
      store.store = stored
      throw new AlreadyThere("the answer to the first try was lost")
    }
    const bus = new MemoryBus({ clock: new ManualClock() }).connect()
    const finder = new JobFinder(store, names, bus)
    await finder.retry("a")
    await until(
      "it is ready",
      async () => (await store.last("jobs", ready as string)) !== undefined,
    )
    const lying = await store.list("jobs", "work.*.send.0.a", 10)
    t.strictSame(
      lying.map(({ subject, data }) => [subject, Buffer.from(data).toString()]),
      [["work.job.send.0.a", "1"]],
    )
    await t.rejects(finder.retry("a"), { code: "wrong-job-state" })
  },
)
