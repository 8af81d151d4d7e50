import { headers } from "nats"
import t, { type Test } from "tap"
import type { Bus } from "../../../src/contracts/bus.js"
import { Troubles } from "../../../src/contracts/troubles.js"
import { jobNamesOf } from "../../../src/jobs/contract/job-names.js"
import type { JobStore, SourceOptions, ToStore } from "../../../src/jobs/contract/job-store.js"
import type { QueueJob } from "../../../src/jobs/contract/queue-job.js"
import { MemoryJobs } from "../../../src/jobs/store/memory-jobs.js"
import { JobWorker } from "../../../src/jobs/worker/job-worker.js"
import { ManualClock } from "../../fixtures/manual-clock.js"

const LEASE_MS = 6_000
const names = jobNamesOf("work")

/** Workers of one queue, each with its own way to the store. */
function stage(t: Test) {
  const clock = new ManualClock()
  const store = new MemoryJobs({ pool: "work", clock, maxPayload: 1024 })
  const bus = {
    subscribe: () => ({ unsubscribe: () => {} }),
    publish: () => {},
  } as unknown as Bus
  const join = async (name: string, send: (job: QueueJob) => unknown, own: Partial<JobStore>) => {
    const way = new Proxy(store, {
      get(target, key) {
        const value = own[key as keyof JobStore] ?? target[key as keyof MemoryJobs]
        return typeof value === "function" ? value.bind(target) : value
      },
    })
    const worker = new JobWorker({
      ...{ pool: "work", queues: new Map([["send", { handler: send, concurrency: 1 }]]) },
      ...{ store: way, bus, clock, random: () => 0, member: () => ({ id: name, name }) },
      troubles: new Troubles(clock, () => {}),
    })
    await worker.open(false)
    t.teardown(async () => {
      const stopped = worker.stop(0)
      await clock.pass(60_000)
      await stopped
    })
    return worker
  }
  const enqueue = () => {
    const subject = names.subject("job", "send", 0, "1")
    const data = new Uint8Array()
    return store.store({ stream: "jobs", subject, data, headers: headers(), id: "1" })
  }
  /** A way to the store on which what is handed out is read when `read` is called. */
  const late = () => {
    const unread: (() => void)[] = []
    const source = (options: SourceOptions) => {
      const heard: SourceOptions["heard"] = (delivery) => unread.push(() => options.heard(delivery))
      return store.source({ ...options, heard })
    }
    const read = async (afterMs: number) => {
      await clock.pass(afterMs)
      for (const hear of unread.splice(0)) hear()
      await clock.pass(1)
    }
    return { own: { source }, read }
  }
  return { clock, store, join, enqueue, late }
}

t.test("what a worker reads too late to run it counts for nothing, however often", async (t) => {
  const { clock, store, join, enqueue, late } = stage(t)
  const { own, read } = late()
  const slow = await join("slow", () => t.fail("it does not run there"), own)
  const { seq } = await enqueue()
  for (let n = 0; n < 5; n += 1) {
    await read(LEASE_MS - 100)
    await clock.pass(100)
  }
  const stopped = slow.stop(0)
  await read(LEASE_MS)
  await stopped
  const runs: number[] = []
  await join("well", ({ token }) => void runs.push(token), {})
  await clock.pass(2 * LEASE_MS)
  t.equal(runs.length, 1, "it is not buried")
  t.equal(await store.last("dead", "work.dead.>"), undefined)
  t.equal(await store.at("jobs", seq), undefined)
  t.equal(await store.last("jobs", names.excused(seq)), undefined, "nothing is left of it")
})

t.test("what is read when half of its lease is used up goes on at once", async (t) => {
  const { clock, join, enqueue, late } = stage(t)
  const { own, read } = late()
  await join("slow", () => t.fail("it does not run there"), own)
  await enqueue()
  await clock.pass(1)
  const ranMs: number[] = []
  await join("well", () => void ranMs.push(clock.now().monoMs), {})
  await read(LEASE_MS * 0.6)
  t.equal(ranMs.length, 1)
  t.ok((ranMs[0] as number) < LEASE_MS)
})

t.test("a worker that can't store that it gives a job back ends with the lease", async (t) => {
  const { clock, store, join, enqueue } = stage(t)
  const own = {
    store: (message: ToStore) =>
      /excused/.test(message.subject) ? Promise.reject(new Error("full")) : store.store(message),
  }
  const worker = await join("a", () => new Promise(() => {}), own)
  await enqueue()
  await clock.pass(3_000)
  let isOver = false
  const stopped = worker.stop(10).then(() => {
    isOver = true
  })
  await clock.pass(2 * LEASE_MS)
  t.ok(isOver)
  await stopped
})

t.test("who stops before it knows what was excused of a job keeps that", async (t) => {
  const { clock, store, join, enqueue } = stage(t)
  const { seq } = await enqueue()
  const excused = async () =>
    Buffer.from((await store.last("jobs", names.excused(seq)))?.data ?? "")
  for (const count of ["1", "2", "3"]) {
    // It is asked what became of the job, and stopped before the answer comes.
    const answers: (() => void)[] = []
    const anywhere = names.anywhere("send", "1")
    const last: JobStore["last"] = async (stream, subject) => {
      if (subject === anywhere) await new Promise<void>((answer) => answers.push(answer))
      return store.last(stream, subject)
    }
    const worker = await join(`w${count}`, () => new Promise(() => {}), { last })
    await clock.pass(10)
    const stopped = worker.stop(0)
    await clock.pass(10)
    for (const answer of answers) answer()
    await clock.pass(10)
    await stopped
    t.equal(String(await excused()), count)
  }
})
