/** Supervision inside a worker: what begins anew after a failure, and what goes on. */
import t from "tap"
import { PoolClient } from "../../src/client/client.js"
import { membersIn } from "../../src/protocol/entries.js"
import type { Instant } from "../../src/time/clock.js"
import { type TestLocal, testLocal } from "../fixtures/local.js"
import { ManualClock } from "../fixtures/manual-clock.js"

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

const members = async ({ local }: TestLocal) =>
  membersIn((await local.bucket("work")?.entries()) ?? [])

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
  let tries = 0
  bucket.put = () => {
    tries += 1
    return Promise.reject(new Error("down"))
  }
  const restarted = a.restart()
  await clock.pass(250)
  t.equal(tries, 2, "at 0 and 100 ms; the next at 300")
  t.strictSame(problems, ["a: could not join anew; trying again Trouble: down"], "told once")
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

/** Has the join of `a` under way stay open after it could lead, until the test lets go: its entry is not acknowledged. */
function holdUpJoins({ local }: TestLocal) {
  const bucket = local.bucket("work")
  if (!bucket) throw new Error("no bucket")
  const write = bucket.write.bind(bucket)
  let isHeld = true
  const held: (() => void)[] = []
  const writes = new Map<string, number>()
  bucket.write = async (key, ...entry) => {
    const count = (writes.get(key) ?? 0) + 1
    writes.set(key, count)
    // The second write of an entry is the end of its join; that of the claim is the seat.
    if (key.endsWith(".a") && count > 1 && isHeld) {
      await new Promise<void>((resolve) => held.push(resolve))
    }
    return write(key, ...entry)
  }
  return () => {
    isHeld = false
    for (const go of held.splice(0)) go()
  }
}

t.test(
  "a failure while it joins anew gives up the seat at once, and joins once more",
  async (t) => {
    const it = testLocal(t)
    const { join, clock, reigns } = it
    let isBroken = false
    let running = 0
    const a = await join("a", {
      async lead({ signal }) {
        if (isBroken) throw new Error("no disk")
        running += 1
        await new Promise((resolve) => signal.addEventListener("abort", resolve))
        running -= 1
      },
    })
    await clock.pass(200)
    const letGo = holdUpJoins(it)
    isBroken = true
    const restarted = a.restart()
    await clock.pass(200)
    t.notOk(a.isLeader && running === 0, "it does not hold the seat with no lead running")
    t.equal(reigns.at(-1)?.reason, "failed")
    isBroken = false
    letGo()
    await clock.pass(2000)
    await restarted
    t.ok(a.isLeader)
    t.equal(running, 1)
    t.equal((await members(it)).length, 1)
  },
)

t.test("an order to begin anew, while it joins anew, is obeyed", async (t) => {
  const it = testLocal(t)
  const { join, clock } = it
  let joined = 0
  const a = await join("a", { onJoined: () => (joined += 1) })
  await clock.pass(200)
  const letGo = holdUpJoins(it)
  const first = a.restart()
  await clock.pass(100)
  const { id } = a
  const second = a.restart()
  t.equal(a.restart(), second, "asked twice, it begins anew once")
  letGo()
  await clock.pass(1000)
  await Promise.all([first, second])
  t.not(a.id, id)
  t.equal(joined, 1, "what never was a member for long is told to nobody")
  t.match(await members(it), [{ id: a.id }])
})

t.test("a coordinator that breaks while it joins anew begins anew", async (t) => {
  const treacherous = new TreacherousClock()
  const it = testLocal(t, {}, treacherous)
  const { join, clock, problems } = it
  const a = await join("a", { lead: untilEnded })
  await clock.pass(200)
  const letGo = holdUpJoins(it)
  const restarted = a.restart()
  await clock.pass(100)
  const { id } = a
  treacherous.isTreacherous = true
  await clock.pass(1000)
  letGo()
  await clock.pass(2000)
  await restarted
  t.match(problems, [/the coordinator broke; it begins anew/])
  t.not(a.id, id)
  t.ok(a.isLeader)
  t.match(await members(it), [{ id: a.id }])
})

t.test("each failure counts, also those while it joins anew", async (t) => {
  const it = testLocal(t)
  const a = await it.join("a", {
    lead: () => Promise.reject(new Error("no disk")),
    restarts: { failures: 2, withinMs: 60_000 },
  })
  const closed = t.rejects(a.closed, { code: "too-many-failures" })
  await it.clock.pass(100)
  const letGo = holdUpJoins(it)
  await it.clock.pass(1000)
  letGo()
  await it.clock.pass(20_000)
  await closed
  t.strictSame(await members(it), [])
})

t.test(
  "who is paused stays so when it joins anew, and takes work again when it is told",
  async (t) => {
    const it = testLocal(t)
    const { join, clock, local, during } = it
    const a = await join("a", { work: () => "a" })
    const b = await join("b", { work: () => "b" })
    await clock.pass(200)
    a.pause()
    await during(500, a.restart())
    t.equal(a.member.state, "paused")
    t.match(
      (await members(it)).map(({ name, state, eligible }) => [name, state, eligible]),
      [
        ["b", "ready", true],
        ["a", "paused", true],
      ],
    )
    const client = PoolClient.local({ local })
    const ask = async () => {
      const answers = await during(10, Promise.all(Array.from({ length: 20 }, () => client.work())))
      return [...new Set(answers.map((answer) => answer.text()))].sort()
    }
    t.strictSame(await ask(), ["b"])
    a.resume()
    await clock.pass(10)
    t.equal(a.member.state, "ready")
    b.pause()
    await clock.pass(10)
    t.strictSame(await ask(), ["a"])
    await client.close()
  },
)

t.test("who is paused, or taken up again, while it joins anew is so afterwards", async (t) => {
  const it = testLocal(t)
  const { join, clock, during, local } = it
  const a = await join("a", { work: () => "a" })
  await clock.pass(200)
  const first = a.restart()
  a.pause()
  await during(500, first)
  t.equal(a.member.state, "paused")
  const client = PoolClient.local({ local })
  const refused = t.rejects(client.work("x", { timeoutMs: 200 }), { code: "no-workers" })
  await during(300, refused)
  const second = a.restart()
  a.resume()
  await during(500, second)
  t.equal(a.member.state, "ready")
  t.equal((await during(10, client.work("x"))).text(), "a")
  await client.close()
})

t.test("a failure of a paused worker leaves it paused", async (t) => {
  const it = testLocal(t)
  let fail: (error: Error) => void = () => {}
  const a = await it.join("a", { lead: () => new Promise((_, reject) => (fail = reject)) })
  await it.clock.pass(200)
  a.pause()
  fail(new Error("no disk"))
  await it.clock.pass(1000)
  t.equal(a.member.state, "paused")
  t.ok(a.isLeader, "it keeps its place in the line")
})
