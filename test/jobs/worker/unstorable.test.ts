/** What becomes of a job can't always be sent or stored: it is told, nothing is lost, and nothing stands still or turns. */

import { headers } from "nats"
import t, { type Test } from "tap"
import { StreamRefused } from "../../../src/errors/job-errors.js"
import { recordOf } from "../../../src/jobs/contract/job-record.js"
import type { JobStore, ToStore } from "../../../src/jobs/contract/job-store.js"
import type { QueueJob } from "../../../src/jobs/contract/queue-job.js"
import { HOSTILE } from "../../fixtures/hostile.js"
import { testJobs } from "../../fixtures/jobs.js"
import { settled } from "../../fixtures/manual-clock.js"

const MAX = 1024 * 1024

/** A job that others published, who keep to no limit but the server's. */
async function publish(store: JobStore, data: Uint8Array, values: Record<string, string> = {}) {
  const hdrs = headers()
  for (const [name, value] of Object.entries(values)) hdrs.set(name, value)
  const { seq } = await store.store({
    ...{ stream: "jobs", subject: "work.job.send.0.any", data, headers: hdrs },
  })
  return `seq-${seq}`
}

const SEALED = new StreamRefused("jobs", "no", true)

/** Has `store` refuse what is to be stored under a subject that `of` matches. */
function refusing(store: JobStore, of: RegExp, refusal: Error = SEALED): void {
  const stored = store.store.bind(store)
  store.store = async (message: ToStore) => {
    const { subject, due } = message
    if (!of.test(due?.until ?? subject)) return stored(message)
    throw refusal
  }
}

t.test("a result that can't be sent or kept is told, and the work is not done again", async (t) => {
  const { client, join, local, clock, problems } = testJobs(t)
  let count = 0
  const result = (bytes: number) => () => {
    count += 1
    return Buffer.alloc(bytes)
  }
  await join("a", { jobs: { big: result(2 * MAX), edge: result(MAX), odd: () => 5n } })
  const traced = { headers: { traceparent: "00-1-2-01" } }
  const unsent = [await client.enqueue("big"), await client.enqueue("edge", 1, traced)]
  for (const job of [...unsent, await client.enqueue("odd")]) {
    await t.rejects(job.result(), { code: "result-unsent" })
  }
  const kept = await client.enqueue("edge", 1, { keepResultMs: 60_000 })
  t.equal((await kept.result()).data.length, MAX, "it can be told, and not be kept")
  await clock.pass(60_000)
  await local.drain()
  t.equal(count, 3)
  t.match(problems.join("\n"), /its result is told, and can't be kept/)
})

t.test("for how long a program says something, it is no longer than a year", async (t) => {
  const { client, join, local, clock } = testJobs(t)
  let count = 0
  const fails = () => {
    count += 1
    throw Object.assign(new Error("later"), { retryAfterMs: Number.POSITIVE_INFINITY })
  }
  await join("a", { jobs: { send: fails } })
  const job = await client.enqueue("send")
  await local.drain()
  await clock.pass(60_000)
  await local.drain()
  t.match(await job.state(), { state: "delayed", failures: 1 })
  t.equal(count, 1)
  await job.cancel()
})

t.test("what a handler throws is one line wherever it is written", async (t) => {
  const { client, join, local } = testJobs(t)
  const send = () => {
    throw new Error("kaputt\r\nNats-Rollup: all\r\n\r\nünï ☃ 💥")
  }
  await join("a", { jobs: { send } })
  const job = await client.enqueue("send", 1, { attempts: 1 })
  await t.rejects(job.result(), { message: /: kaputt Nats-Rollup: all ünï ☃ 💥; see/ })
  await local.drain()
  t.match(await job.state(), { state: "dead", reason: "kaputt Nats-Rollup: all ünï ☃ 💥" })
})

/** A job that fails each time, and of which something can't be stored. */
async function failing(t: Test, bytes: number, refuse: (store: JobStore) => void) {
  const it = testJobs(t)
  let count = 0
  const send = (job: QueueJob) => {
    if (job.data.length === bytes) count += 1
    throw new Error("no")
  }
  await it.join("a", { jobs: { send } })
  const store = await it.local.jobs("work")
  refuse(store)
  const id = await publish(store, Buffer.alloc(bytes), { "Pool-Job-Attempts": "2" })
  const pass = async (ms: number) => {
    await settled()
    await it.clock.pass(ms)
    await settled()
  }
  await pass(2_000)
  const job = await it.client.job("send", id)
  const lies = async () => {
    const message = await store.last("jobs", "work.job.send.0.any")
    return message && recordOf(message)
  }
  return { ...it, job, lies, pass, runs: () => count }
}

t.test(
  "what can't be stored to be tried again lies with the dead, with both reasons",
  async (t) => {
    const { job, runs } = await failing(t, 1, (store) => refusing(store, /^work\.later/))
    t.equal(runs(), 1)
    const reason = /^no; and it can't be tried again: stream jobs stored nothing: no; /
    t.match(await job.state(), { state: "dead", reason, worker: "a" })
  },
)

t.test(
  "what is too large to be noted anything of stays where it is, and takes no place",
  async (t) => {
    const { lies, pass, runs, problems, client } = await failing(t, MAX - 60, () => {})
    t.equal(runs(), 1)
    const other = await client.enqueue("send", 1, { attempts: 1 })
    await pass(0)
    t.match(await other.state(), { state: "dead" }, "others are done meanwhile")
    await pass(200_000)
    t.equal(runs(), 3, "then nobody runs it any more")
    t.match(await lies(), { failures: 0 })
    t.match(
      problems.join("\n"),
      /can't be put with the dead; it is tried again each minute; make room/,
    )
  },
)

for (const [why, refusal] of Object.entries({
  "what refuses all": SEALED,
  "a user who may not": Object.assign(new Error(), { name: "PermissionViolationError" }),
})) {
  t.test(`a failed job that can be stored nowhere is handed out again: ${why}`, async (t) => {
    const { lies, pass, runs } = await failing(t, 1, (store) =>
      refusing(store, /later|dead/, refusal),
    )
    t.equal(runs(), 1)
    await pass(30_000)
    t.equal(runs(), 1)
    await pass(31_000)
    t.equal(runs(), 2)
    t.match(await lies(), { failures: 0 })
  })
}

t.test("a stream that is full is waited for", async (t) => {
  let isFull = true
  const { job, pass, runs } = await failing(t, 1, (store) => {
    const stored = store.store.bind(store)
    store.store = async (message: ToStore) => {
      if (isFull && message.due) throw new StreamRefused("jobs", "full", false)
      return stored(message)
    }
  })
  isFull = false
  await pass(3_000)
  t.equal(runs(), 2)
  t.match(await job.state(), { state: "dead", failures: 2, reason: "no" })
})

t.test("whatever a handler throws, its job ends and its place is free", async (t) => {
  const { client, join, local, problems } = testJobs(t)
  const names = Object.keys(HOSTILE)
  const throws = async (job: QueueJob) => {
    throw HOSTILE[names[job.json<number>()] as string]?.()
  }
  await join("a", { jobs: { send: { handler: throws, concurrency: 1 } } })
  const payloads = names.map((_, n) => n)
  const jobs = await client.enqueueMany("send", payloads, { attempts: 1 })
  await local.drain()
  for (const [n, job] of jobs.entries()) {
    const { state, reason = "" } = await job.state()
    t.equal(state, "dead", names[n] as string)
    t.match(reason, /^[^\r\n]{1,501}$/, names[n] as string)
  }
  t.strictSame(problems, [])
})
