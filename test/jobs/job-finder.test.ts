import t from "tap"
import { MemoryBus } from "../../src/backend/memory-bus.js"
import { askStatistics } from "../../src/dashboard/statistics.js"
import { jobNamesOf } from "../../src/jobs/contract/job-names.js"
import { JobFinder } from "../../src/jobs/job-finder.js"
import { ManualClock } from "../fixtures/manual-clock.js"

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
