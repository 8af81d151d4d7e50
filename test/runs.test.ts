/** Supervision inside a worker: what begins anew after a failure, and what goes on. */
import t from "tap"
import { PoolClient } from "../src/client.js"
import type { Instant } from "../src/clock.js"
import { membersIn } from "../src/entries.js"
import { testLocal } from "./fixtures/local.js"
import { ManualClock } from "./fixtures/manual-clock.js"

/** A clock that throws when the election next asks it. */
class TreacherousClock extends ManualClock {
  isTreacherous = false

  override now(): Instant {
    if (this.isTreacherous && new Error("asked").stack?.includes("Coordinator.#handle")) {
      this.isTreacherous = false
      throw new Error("no time")
    }
    return super.now()
  }
}

const untilEnded = ({ signal }: { signal: AbortSignal }) =>
  new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()))

t.test("a leader that fails goes to the end of the line; simple work goes on", async (t) => {
  const { join, clock, local, during, reigns } = testLocal(t)
  let fail: (error: Error) => void = () => {}
  let finish: (answer: string) => void = () => {}
  const a = await join("a", {
    lead: () => new Promise((_, reject) => (fail = reject)),
    work: () => new Promise((resolve) => (finish = resolve)),
  })
  await clock.pass(200)
  const before = a.member
  const client = PoolClient.local({ local })
  const answer = client.work("long", { timeoutMs: 20_000 })
  await clock.pass(10)
  const b = await join("b", { lead: untilEnded })
  await clock.pass(100)
  fail(new Error("no disk"))
  await clock.pass(500)
  t.ok(b.isLeader)
  t.not(a.id, before.id)
  t.ok(a.member.start > b.member.start, "at the end of the line")
  finish("done")
  t.equal((await during(10, answer)).text(), "done", "what was in flight was not cut short")
  t.match(reigns, [{ name: "a" }, { name: "a", reason: "failed" }, { name: "b" }])
  await client.close()
})

t.test("a request always finds somebody while a worker begins anew", async (t) => {
  const { join, clock, local, during } = testLocal(t)
  const a = await join("a", { work: () => "here" })
  await clock.pass(200)
  const client = PoolClient.local({ local })
  const answers: Promise<unknown>[] = []
  const restarted = a.restart()
  for (let n = 0; n < 50; n += 1) {
    answers.push(client.work(String(n), { waitForWorkers: false }))
    await null
  }
  await during(1000, restarted)
  const results = await during(1000, Promise.allSettled(answers))
  t.strictSame(
    results.filter(({ status }) => status === "rejected"),
    [],
  )
  await client.close()
})

t.test("too many failures end the worker with an error, and another leads", async (t) => {
  const { join, clock, local, reigns } = testLocal(t)
  const a = await join("a", {
    lead: () => Promise.reject(new Error("no disk")),
    restarts: { failures: 3, withinMs: 60_000 },
  })
  const closed = t.rejects(a.closed, {
    name: "TooManyFailures",
    code: "too-many-failures",
    message: /worker a failed more than 3 times within 60 s/,
    cause: { message: "no disk" },
  })
  await clock.pass(20_000)
  await closed
  t.equal(reigns.filter(({ reason }) => reason === "failed").length, 4)
  t.strictSame(membersIn((await local.bucket("work")?.entries()) ?? []), [], "its entry is gone")
  const b = await join("b", { lead: untilEnded })
  await clock.pass(3000)
  t.ok(b.isLeader)
})

t.test("failures that are far apart are no reason to end", async (t) => {
  const { join, clock, reigns } = testLocal(t)
  let fail: (error: Error) => void = () => {}
  const a = await join("a", {
    lead: () => new Promise((_, reject) => (fail = reject)),
    restarts: { failures: 1, withinMs: 1000 },
  })
  for (let n = 0; n < 5; n += 1) {
    await clock.pass(5000)
    fail(new Error("again"))
  }
  await clock.pass(5000)
  t.ok(a.isLeader)
  t.equal(reigns.filter(({ reason }) => reason === "failed").length, 5)
})

t.test("a lead that returns is done, and the reign goes on", async (t) => {
  const { join, clock, reigns } = testLocal(t)
  const returned: number[] = []
  const a = await join("a", { lead: () => {}, onLeadReturned: ({ term }) => returned.push(term) })
  await clock.pass(10_000)
  t.ok(a.isLeader)
  t.strictSame(returned, [a.leadership?.term])
  t.equal(reigns.length, 1)
})

t.test("a lead that returns when its reign is over has not returned early", async (t) => {
  const { join, clock, during } = testLocal(t)
  let count = 0
  const a = await join("a", { lead: untilEnded, onLeadReturned: () => (count += 1) })
  await clock.pass(500)
  await during(100, a.leave())
  t.equal(count, 0)
})

t.test("a lead that returns may count as a failure", async (t) => {
  const { join, clock, problems } = testLocal(t)
  const a = await join("a", {
    lead: () => {},
    leadReturns: "fail",
    restarts: { failures: 2, withinMs: 60_000 },
  })
  const closed = t.rejects(a.closed, { cause: { message: /returned while its reign held/ } })
  await clock.pass(20_000)
  await closed
  t.strictSame(problems, [])
})

t.test("a coordinator that breaks gives up its claim, and joins anew", async (t) => {
  const clock = new TreacherousClock()
  const { join, local, reigns, problems, during } = testLocal(t, {}, clock)
  let finish: (answer: string) => void = () => {}
  const a = await join("a", { work: () => new Promise((resolve) => (finish = resolve)) })
  await clock.pass(200)
  const client = PoolClient.local({ local })
  const answer = client.work("long", { timeoutMs: 20_000 })
  await clock.pass(1)
  const b = await join("b")
  await clock.pass(100)
  const before = a.id
  clock.isTreacherous = true
  await clock.pass(600)
  t.ok(b.isLeader, "long before the lease is over")
  t.not(a.id, before)
  t.notOk(a.isLeader)
  t.match(reigns, [{ name: "a" }, { name: "a", reason: "failed" }, { name: "b" }])
  t.match(problems, [/a: the coordinator broke; it begins anew Error: no time/])
  finish("done")
  t.equal((await during(10, answer)).text(), "done")
  await client.close()
})

t.test("a worker that can't join anew tries again, a little later each time", async (t) => {
  const { join, clock, problems, local } = testLocal(t)
  const a = await join("a")
  await clock.pass(500)
  const bucket = local.bucket("work")
  const put = bucket?.put.bind(bucket)
  if (!bucket) throw new Error("no bucket")
  bucket.put = () => Promise.reject(new Error("down"))
  const restarted = a.restart()
  await clock.pass(250)
  t.equal(problems.length, 2, "at 0 and 100 ms; the next at 300")
  if (put) bucket.put = put
  await clock.pass(500)
  await restarted
  await clock.pass(3000)
  t.ok(a.isLeader)
})

t.test("a worker that leaves while it joins anew leaves", async (t) => {
  const { join, clock, local } = testLocal(t)
  const a = await join("a")
  await clock.pass(500)
  const restarted = a.restart()
  const left = a.leave()
  await clock.pass(20_000)
  await Promise.all([restarted, left, a.closed])
  t.strictSame(membersIn((await local.bucket("work")?.entries()) ?? []), [])
})

t.test("a worker that leaves has not left before what joins anew has ended", async (t) => {
  const { join, clock, local } = testLocal(t)
  const a = await join("a")
  await clock.pass(500)
  const bucket = local.bucket("work")
  if (!bucket) throw new Error("no bucket")
  const put = bucket.put.bind(bucket)
  let open: () => void = () => {}
  const opened = new Promise<void>((resolve) => (open = resolve))
  bucket.put = (...entry) => opened.then(() => put(...entry))
  const restarted = a.restart()
  await clock.pass(500)
  let hasLeft = false
  const left = a.leave().then(() => (hasLeft = true))
  await clock.pass(1000)
  t.notOk(hasLeft, "its join is still under way")
  open()
  await clock.pass(20_000)
  await Promise.all([restarted, left])
  t.strictSame(membersIn((await bucket.entries()) ?? []), [])
})
