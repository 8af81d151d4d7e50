import { headers } from "nats"
import t from "tap"
import { jobNamesOf } from "../../../src/jobs/contract/job-names.js"
import { MemoryJobs } from "../../../src/jobs/store/memory-jobs.js"
import { isSuperseded } from "../../../src/jobs/worker/successor.js"
import { TakenJob } from "../../../src/jobs/worker/taken-job.js"
import { ManualClock } from "../../fixtures/manual-clock.js"

t.test("a delivery whose job died in it, or in a later attempt, is not run again", async (t) => {
  const clock = new ManualClock()
  const store = new MemoryJobs({ pool: "work", clock, maxPayload: 1024 })
  const names = jobNamesOf("work")
  const subject = names.subject("dead", "send", 0, "a")
  const data = new Uint8Array()
  await store.store({ stream: "dead", subject, data, headers: headers(), id: "a#7" })
  for (let n = 1; n <= 9; n += 1) {
    const waiting = names.subject("job", "send", 1, `other${n}`)
    await store.store({ stream: "jobs", subject: waiting, data, headers: headers() })
  }
  const isOver = (seq: number, id = "a") => {
    const record = { queue: "send", id }
    const delivery = { seq, ticket: "t", after: clock.now() }
    const options = { record, delivery, clock, leaseMs: 6_000, member: { id: "A", name: "a" } }
    const job = new TakenJob({ ...options, tell: () => {} } as unknown as ConstructorParameters<
      typeof TakenJob
    >[0])
    return isSuperseded(job, { store, names, clock })
  }
  t.equal(await isOver(7), true)
  t.equal(
    await isOver(3),
    true,
    "its acknowledgement was lost, and the next attempt is over as well",
  )
  t.equal(await isOver(9), false, "it was brought back")
  t.equal(await isOver(3, "a.2"), false, "another of the same key")
  await store.remove("jobs", 9)
  t.equal(await isOver(9), true, "its own message is gone: it was acknowledged late, or cancelled")
})
