import { headers } from "nats"
import t from "tap"
import { MemoryBus } from "../../src/backend/memory-bus.js"
import { JobClient } from "../../src/jobs/job-client.js"
import { MemoryJobs } from "../../src/jobs/store/memory-jobs.js"
import { withDead } from "../../src/operator/pool-jobs.js"
import { ManualClock } from "../fixtures/manual-clock.js"

t.test("a dead job that can't be brought back keeps none of the others back", async (t) => {
  const clock = new ManualClock()
  const store = new MemoryJobs({ pool: "work", clock, maxPayload: 1_000 })
  const jobs = new JobClient({
    pool: "work",
    store,
    bus: new MemoryBus({ clock }).connect(),
    clock,
  })
  const died = (n: number) =>
    store.store({
      ...{ stream: "dead", subject: `work.dead.send.0.n${n}`, headers: headers() },
      ...{ data: Buffer.alloc(n % 50 === 0 ? 960 : 10), id: `n${n}` },
    })
  for (let n = 0; n < 250; n += 1) await died(n)
  const again = withDead(jobs, "send", (found) => jobs.finder.bringBack(found))
  await t.rejects(again, {
    ...{ code: "dead-left", count: 245, left: 5 },
    message:
      /^5 of 250 dead jobs stay where they are: payload of \d+ bytes: the server takes at most/,
  })
  t.match(await store.counts(), [{ queue: "send", waiting: 245, dead: 5 }])
  t.equal(await withDead(jobs, "other", async () => void t.fail("there is none")), 0)
})
