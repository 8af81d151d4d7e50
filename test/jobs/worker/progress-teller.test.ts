/** How far jobs are: what is too large, or can't be sent, costs neither the job nor the worker. */
import t from "tap"
import type { QueueJob } from "../../../src/jobs/contract/queue-job.js"
import { Events } from "../../fixtures/events.js"
import { testJobs } from "../../fixtures/jobs.js"

const bytes = (count: number) => "x".repeat(count - 2)

t.test("what is too large is refused where it is said, also soon after another word", async (t) => {
  const { client, join, clock, local } = testJobs(t)
  const send = async (job: QueueJob) => {
    job.progress("small")
    t.throws(() => job.progress(bytes(32_769)), {
      code: "bad-input",
      message: "progress: expected at most 32768 bytes as JSON, got 32769",
    })
    await new Promise<void>((done) => void clock.after(1_000, done))
  }
  await join("a", { jobs: { send } })
  const job = await client.enqueue("send")
  await clock.pass(2_000)
  await local.drain()
  t.match(await job.state(), { state: "gone" })
})

t.test("many that say much are all told of", async (t) => {
  const { client, join, local } = testJobs(t)
  const running = new Events<() => void>()
  const send = (job: QueueJob) => {
    job.progress(bytes(32_000))
    return new Promise<void>((done) => running.note(done))
  }
  await join("a", { jobs: { send: { handler: send, concurrency: 50 } } })
  const jobs = await client.enqueueMany("send", Array(50).keys())
  await running.until((all) => all.length === 50)
  t.match(await jobs[7]?.state(), { state: "running", progress: /^x+$/ })
  for (const done of running.all) done()
  await local.drain()
})
