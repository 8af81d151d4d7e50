import t from "tap"
import { JobCancelled, JobLeaseOver } from "../../../src/errors/job-errors.js"
import { BadRequest, HandlerTimeout, WorkerStopped } from "../../../src/errors/work-errors.js"
import type { QueueJob } from "../../../src/jobs/contract/queue-job.js"
import { Events } from "../../fixtures/events.js"
import { testJobs } from "../../fixtures/jobs.js"
import { settled } from "../../fixtures/manual-clock.js"

/** Resolves when the signal of `job` fires, with its reason. */
function ended(job: QueueJob): Promise<unknown> {
  return new Promise((resolve) => {
    job.signal.addEventListener("abort", () => resolve(job.signal.reason))
  })
}

t.test("a job is done once, and who enqueued it gets what the handler returned", async (t) => {
  const { join, client, local } = testJobs(t)
  const seen: unknown[] = []
  const send = (job: QueueJob) => {
    seen.push([job.queue, job.attempt, job.json(), job.headers?.get("trace"), job.member.name])
    return { sent: job.text().length }
  }
  await join("a", { jobs: { send } })
  const job = await client.enqueue("send", { to: "ann" }, { headers: { trace: "t1" } })
  t.strictSame((await job.result()).json(), { sent: 12 })
  await local.drain()
  t.strictSame(seen, [["send", 1, { to: "ann" }, "t1", "a"]])
  t.strictSame(await job.state(), { state: "gone", failures: 0 })
})

t.test("a trace goes along to each attempt, and to whoever waits for the end", async (t) => {
  const { join, client, local, clock } = testJobs(t)
  const headers = { traceparent: "00-1-2-01", other: "x" }
  const seen: unknown[] = []
  const send = ({ headers: hdrs, attempt }: QueueJob) => {
    seen.push(hdrs?.get("traceparent"))
    if (attempt === 1) throw new Error("once more")
  }
  await join("a", { jobs: { send } })
  const { id } = await client.enqueue("send", 1, { headers, keepResultMs: 60_000 })
  const result = (await client.job("send", id)).result()
  await local.drain()
  await clock.pass(2_000)
  await local.drain()
  const { headers: told } = await result
  t.strictSame(seen, ["00-1-2-01", "00-1-2-01"])
  t.strictSame([told?.get("traceparent"), told?.has("other")], ["00-1-2-01", false])
})

t.test("a job waits until somebody serves its queue", async (t) => {
  const { join, client, local } = testJobs(t)
  const job = await client.enqueue("send", "x")
  await local.drain()
  t.match(await job.state(), { state: "waiting" })
  await join("a", { jobs: { send: (it) => it.text() } })
  t.equal((await job.result()).text(), "x")
})

t.test("a failure is tried again later, longer each time, and then it is dead", async (t) => {
  const { join, client, local, clock } = testJobs(t)
  const atMs: number[] = []
  const fails = () => {
    atMs.push(clock.now().monoMs)
    throw new Error(`no ${atMs.length}`)
  }
  await join("a", { jobs: { send: fails } })
  const startMs = clock.now().monoMs
  const job = await client.enqueue("send", "x", { attempts: 3, backoffMs: 100 })
  const result = job.result().catch((error) => error)
  await local.drain()
  t.match(await job.state(), { state: "delayed", failures: 1 })
  await clock.pass(1_000)
  await local.drain()
  t.match(await result, { code: "job-failed", reason: "no 3" })
  t.strictSame(
    atMs.map((ms) => ms - startMs),
    // random is 0: a fifth less.
    [0, 80, 240],
  )
  t.strictSame(await job.state(), { state: "dead", failures: 3, reason: "no 3", worker: "a" })
})

t.test("what can't be done is not tried again, and retryAfterMs says when to", async (t) => {
  const { join, client, local, clock } = testJobs(t)
  const tries: number[] = []
  await join("a", {
    jobs: {
      bad: () => {
        throw new BadRequest("no address")
      },
      busy: ({ attempt }) => {
        tries.push(clock.now().monoMs)
        if (attempt === 1) throw Object.assign(new Error("busy"), { retryAfterMs: 5_000 })
      },
    },
  })
  await t.rejects((await client.enqueue("bad")).result(), { message: /no address/ })
  await client.enqueue("busy")
  await local.drain()
  await clock.pass(6_000)
  await local.drain()
  t.equal((tries[1] ?? 0) - (tries[0] ?? 0), 5_000)
})

t.test("a delayed job is done when its time has come", async (t) => {
  const { join, client, local, clock } = testJobs(t)
  let count = 0
  await join("a", { jobs: { send: () => void count++ } })
  const job = await client.enqueue("send", "x", { delayMs: 60_000 })
  await local.drain()
  await clock.pass(59_999)
  await local.drain()
  t.equal(count, 0)
  t.match(await job.state(), { state: "delayed" })
  await clock.pass(1)
  await local.drain()
  t.equal(count, 1)
})

t.test("what is unique is there once: waiting, delayed, running, and between tries", async (t) => {
  const { join, client, local, clock } = testJobs(t)
  const unique = { unique: "ann b", attempts: 2, backoffMs: 1_000 }
  const first = await client.enqueue("send", 1, { ...unique, delayMs: 1_000 })
  const again = async () => {
    const job = await client.enqueue("send", 2, unique)
    t.strictSame([job.already, job.id], [true, first.id])
  }
  await again()
  const began = new Events<QueueJob>()
  const fail = new Events<() => void>()
  const send = (job: QueueJob) => {
    began.note(job)
    return new Promise((_, reject) => fail.note(() => reject(new Error("no"))))
  }
  await join("a", { jobs: { send } })
  await clock.pass(1_000)
  await began.one(() => true)
  await again()
  fail.all[0]?.()
  await local.drain()
  await again()
  await clock.pass(2_000)
  await began.until((all) => all.length === 2)
  await again()
  fail.all[1]?.()
  await local.drain()
  t.match(await client.enqueue("send", 3, unique), { already: false }, "free when it is dead")
})

t.test("an id of one's own makes a job that can be enqueued again", async (t) => {
  const { client } = testJobs(t)
  const first = await client.enqueue("send", 1, { id: "order-7" })
  const second = await client.enqueue("send", 1, { id: "order-7" })
  t.strictSame([first.id, first.already, second.id], ["order-7", false, "order-7"])
  await t.rejects(client.enqueue("send", 1, { id: "a.b" }), { code: "bad-input" })
  await t.rejects(client.enqueue("send", 1, { id: "a", unique: "b" }), { code: "bad-input" })
})

t.test("a job is cancelled while it waits, is delayed, and runs", async (t) => {
  const { join, client, local } = testJobs(t)
  const waiting = await client.enqueue("send", 1)
  const delayed = await client.enqueue("send", 1, { delayMs: 1_000 })
  for (const job of [waiting, delayed]) {
    const result = job.result().catch((error) => error)
    t.equal(await job.cancel("not wanted"), true)
    t.match(await result, { code: "job-cancelled", reason: "not wanted" })
    t.match(await job.state(), { state: "gone" })
    t.equal(await job.cancel(), false)
  }
  const reasons = new Events<unknown>()
  const send = async (job: QueueJob) => void reasons.note(await ended(job))
  await join("a", { jobs: { send } })
  const running = await client.enqueue("send", 1)
  await settled()
  t.match(await running.state(), { state: "running", worker: "a" })
  t.equal(await running.cancel("enough"), true)
  t.match(await reasons.one(() => true), { reason: "enough" })
  t.ok(reasons.all[0] instanceof JobCancelled)
  await local.drain()
  t.match(await running.state(), { state: "gone" })
})

t.test("no more run at once than a worker has room for", async (t) => {
  const { join, client, local } = testJobs(t)
  let running = 0
  let most = 0
  const handler = async () => {
    running += 1
    most = Math.max(most, running)
    await settled()
    running -= 1
  }
  await join("a", { jobs: { send: { handler, concurrency: 3 } } })
  await client.enqueueMany("send", Array(20).fill("x"))
  await local.drain()
  t.equal(most, 3)
})

t.test("a job that runs is renewed, and is nobody else's", async (t) => {
  const { joinAll, join, client, clock } = testJobs(t)
  await joinAll()
  const began: string[] = []
  const send = (job: QueueJob) => {
    began.push(job.member.name)
    return new Promise((resolve) => clock.after(60_000, () => resolve("late")))
  }
  await join("a", { jobs: { send } })
  await join("b", { jobs: { send } })
  const job = await client.enqueue("send", 1)
  await clock.pass(59_000)
  t.match(await job.state(), { state: "running" })
  await clock.pass(2_000)
  t.equal((await job.result()).text(), "late")
  t.equal(began.length, 1)
})

t.test("one that stood still past its lease settles nothing, and the job goes on", async (t) => {
  const { join, client, local, clock } = testJobs(t)
  const jobs: QueueJob[] = []
  const finish: (() => void)[] = []
  const send = (job: QueueJob) => {
    jobs.push(job)
    return new Promise<string>((resolve) => finish.push(() => resolve(`by ${job.token}`)))
  }
  await join("a", { jobs: { send } })
  const job = await client.enqueue("send", 1)
  await settled()
  clock.standStill(5_500)
  const [first] = jobs as [QueueJob]
  t.ok(first.signal.aborted, "computed when it is looked at")
  t.ok(first.signal.reason instanceof JobLeaseOver)
  finish[0]?.()
  await clock.pass(1_000)
  t.equal(jobs.length, 2, "it was not acknowledged")
  t.ok((jobs[1] as QueueJob).token > first.token)
  t.equal((jobs[1] as QueueJob).attempt, 1, "that was no failure")
  finish[1]?.()
  t.equal((await job.result()).text(), `by ${(jobs[1] as QueueJob).token}`)
  await local.drain()
})

t.test("a job whose worker died three times is dead, and says so", async (t) => {
  const { join, client, local, clock } = testJobs(t)
  let runs = 0
  // As if its process stood still each time, and woke after the lease.
  const send = () => {
    runs += 1
    clock.standStill(7_000)
    return new Promise(() => {})
  }
  await join("a", { jobs: { send } })
  const job = await client.enqueue("send", 1, { attempts: 100 })
  const result = job.result().catch((error) => error)
  for (let n = 0; n < 4; n += 1) await clock.pass(7_000)
  t.match(await result, { code: "job-failed", reason: /died or froze 3 times/ })
  t.equal(runs, 3)
  await local.drain()
})

t.test(
  "a worker that leaves finishes what it can, and gives the rest back uncounted",
  async (t) => {
    const { join, client, clock } = testJobs(t)
    const reasons: unknown[] = []
    const job = await client.enqueue("send", 1, { attempts: 1 })
    for (let n = 0; n < 5; n += 1) {
      const began = new Events<QueueJob>()
      const send = async (it: QueueJob) => {
        began.note(it)
        reasons.push(await ended(it))
      }
      const worker = await join(`w${n}`, { jobs: { send }, graceMs: 100 })
      t.match(await began.one(() => true), { attempt: 1 })
      const left = worker.leave()
      await clock.pass(200)
      await left
      t.match(await job.state(), { state: "waiting", failures: 0 })
    }
    t.ok(reasons.every((reason) => reason instanceof WorkerStopped))
    const worker = await join("last", { jobs: { send: async () => "done" } })
    t.equal((await job.result()).text(), "done")
    await worker.leave()
  },
)

t.test("an attempt that takes too long has failed", async (t) => {
  const { join, client, clock, local } = testJobs(t)
  const reasons: unknown[] = []
  const handler = async (job: QueueJob) => void reasons.push(await ended(job))
  await join("a", { jobs: { send: { handler, timeoutMs: 10_000 } } })
  const job = await client.enqueue("send", 1, { attempts: 1 })
  const result = job.result().catch((error) => error)
  await settled()
  await clock.pass(11_000)
  await local.drain()
  t.match(await result, { code: "job-failed", reason: /within 10000 ms/ })
  t.ok(reasons[0] instanceof HandlerTimeout)
})

t.test("progress is told to who asks", async (t) => {
  const { join, client } = testJobs(t)
  const stop = new Events<() => void>()
  const send = (job: QueueJob) => {
    job.progress({ percent: 10 })
    t.throws(() => job.progress(new Map()), /progress is a Map/)
    return new Promise<void>((resolve) => stop.note(resolve))
  }
  await join("a", { jobs: { send } })
  const job = await client.enqueue("send", 1)
  await settled()
  t.match(await job.state(), { state: "running", worker: "a", progress: { percent: 10 } })
  stop.all[0]?.()
  await job.result()
})

t.test("a worker that is paused takes no jobs", async (t) => {
  const { join, client, during } = testJobs(t)
  const worker = await join("a", { jobs: { send: (job) => job.text() } })
  worker.pause()
  const job = await client.enqueue("send", "x")
  t.match(await during(1_000, job.state()), { state: "waiting" })
  worker.resume()
  t.equal((await job.result()).text(), "x")
})

t.test("a result that can't be sent does not undo the work", async (t) => {
  const { join, client, local, problems } = testJobs(t)
  let runs = 0
  const send = () => {
    runs += 1
    return new Map()
  }
  await join("a", { jobs: { send } })
  await t.rejects((await client.enqueue("send", 1)).result(), { code: "result-unsent" })
  await local.drain()
  t.equal(runs, 1)
  t.match(problems.join(), /its result can't be sent/)
})

t.test("a result that is kept is there for who asks later", async (t) => {
  const { join, client, local, clock } = testJobs(t)
  await join("a", { jobs: { send: (job) => `sent ${job.text()}` } })
  const { id } = await client.enqueue("send", "x", { keepResultMs: 60_000 })
  await local.drain()
  const later = (await client.job("send", id)).result()
  await clock.pass(2_000)
  t.equal((await later).text(), "sent x")
  const gone = (await client.job("send", "never")).result().catch((error) => error)
  await clock.pass(2_000)
  t.match(await gone, { code: "job-gone" })
})

t.test("waiting for a result ends in time, and says how the job stands", async (t) => {
  const { client, clock } = testJobs(t)
  const job = await client.enqueue("send", "x")
  const late = job.result({ timeoutMs: 1_000 }).catch((error) => error)
  await clock.pass(1_000)
  t.match(await late, { code: "no-result", message: /within 1000 ms; it waits/ })
  const given = new AbortController()
  const up = job.result({ signal: given.signal }).catch((error) => error)
  given.abort(new Error("enough"))
  t.match(await up, { message: "enough" })
})

t.test("bad input is refused in one line, and nothing is enqueued", async (t) => {
  const { client, join } = testJobs(t)
  const refused = async (enqueue: Promise<unknown>, message: RegExp) => {
    await t.rejects(enqueue, { message })
  }
  await refused(client.enqueue("a b"), /^queue: expected 1 to 64 letters/)
  await refused(client.enqueue("send", 1, { attempts: 0 }), /attempts: expected a whole number/)
  await refused(client.enqueue("send", 1, { delayMs: -1 }), /delayMs: expected/)
  await refused(client.enqueue("send", 1, { uniqe: "x" } as object), /such as unique/)
  await refused(client.enqueue("send", "x".repeat(2_000_000)), /payload of 2000000 bytes/)
  await refused(client.enqueue("send", new Map()), /payload is a Map/)
  await refused(join("a", { jobs: { "a b": () => {} } }), /^queue: expected/)
  await refused(join("a", { jobs: { send: 5 as never } }), /jobs.send/)
  await refused(join("a", { jobs: { send: { handler: 5 as never } } }), /handler: expected/)
  for (const name of ["concurrency", "limit"]) {
    const send = { handler: () => {}, [name]: 1.5 }
    await refused(join("a", { jobs: { send } }), new RegExp(`${name}: expected a whole number`))
  }
  await refused(client.enqueueMany("send", [1, new Map()]), /1 of 2 jobs .* were not enqueued/)
})
