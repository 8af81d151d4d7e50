import t from "tap"
import type { QueueJob } from "../../../src/jobs/contract/queue-job.js"
import type { HeldJob, JobWitness } from "../../../src/jobs/give-back/job-witness.js"
import { testJobs } from "../../fixtures/jobs.js"
import { settled } from "../../fixtures/manual-clock.js"

/** Whoever gives jobs back, and what was told. */
function testWitness() {
  const held: HeldJob[] = []
  const over: string[] = []
  const witness: JobWitness = {
    holds: (jobs, ended) => {
      held.push(...jobs)
      over.push(...ended)
    },
    letsGo: async (tickets) => void over.push(...tickets),
  }
  return { witness, held, over }
}

t.test("a job is told of before its handler may end the process", async (t) => {
  const { join, client, local, clock } = testJobs(t)
  const { witness, held } = testWitness()
  const told: number[] = []
  // Like a native module that computes, and crashes there; none of it returns a promise.
  const send = () => {
    told.push(held.length)
    clock.standStill(2)
  }
  await join("a", { jobs: { send }, jobWitness: witness })
  for (let n = 0; n < 3; n += 1) await client.enqueue("send", n)
  await local.drain()
  t.strictSame(told, [1, 2, 3])
})

t.test("the same of one whose handler waits, and computes first", async (t) => {
  const { join, client, local } = testJobs(t)
  const { witness, held } = testWitness()
  const told: number[] = []
  const send = async () => void told.push(held.length)
  await join("a", { jobs: { send }, jobWitness: witness })
  for (let n = 0; n < 3; n += 1) await client.enqueue("send", n)
  await local.drain()
  t.strictSame(told, [1, 2, 3])
})

t.test("where the last was quick nobody is told of the next, unless it takes longer", async (t) => {
  const { join, client, local, clock } = testJobs(t)
  const { witness, held, over } = testWitness()
  const told: number[] = []
  const send = (job: QueueJob) => {
    told.push(held.length)
    if (job.text() === "slow") return new Promise<void>((done) => clock.after(10_000, done))
  }
  await join("a", { jobs: { send }, jobWitness: witness })
  for (let n = 0; n < 5; n += 1) await client.enqueue("send", n)
  await local.drain()
  t.strictSame(told, [1, 1, 1, 1, 1])
  await client.enqueue("send", "slow")
  await settled()
  t.equal(held.length, 2, "it runs on, and is told of in the same turn")
  await clock.pass(10_000)
  await client.enqueue("send", "next")
  await local.drain()
  t.strictSame(over, [...new Set(held.slice(0, -1).map(({ ticket }) => ticket))])
})

t.test("one that was handed out before is told of, however quick the last was", async (t) => {
  const { join, client, local, clock } = testJobs(t)
  const { witness, held } = testWitness()
  const told: number[] = []
  const send = (job: QueueJob) => {
    told.push(held.length)
    // Its worker dies in it, as far as anybody can see.
    if (job.text() === "bad" && told.length === 2) clock.standStill(7_000)
  }
  await join("a", { jobs: { send }, jobWitness: witness })
  await client.enqueue("send", "good")
  await local.drain()
  await client.enqueue("send", "bad")
  await clock.pass(7_000)
  await local.drain()
  t.strictSame(told, [1, 1, 2])
})
