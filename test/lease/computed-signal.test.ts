/** A process that was frozen learns of the end of its reign by its timers, which are late; who reads a signal must not be. */
import { addAbortListener, EventEmitter, once } from "node:events"
import { setTimeout as delay } from "node:timers/promises"
import t, { type Test } from "tap"
import { PoolClient } from "../../src/client/client.js"
import { computedSignal } from "../../src/lease/computed-signal.js"
import type { Leadership } from "../../src/lease/leadership.js"
import type { Job } from "../../src/work/job.js"
import { testLocal } from "../fixtures/local.js"

const LEASE_MS = 400

/** A leader that will be frozen for two leases, with its own timers before those of its reign. */
async function leading(t: Test) {
  const it = testLocal(t, { leaseMs: LEASE_MS })
  const reigns: Leadership[] = []
  const a = await it.join("a", {
    lead: (leadership) => {
      reigns.push(leadership)
    },
  })
  await it.clock.pass(500)
  const [reign] = reigns
  if (!reign) throw new Error("a does not lead")
  const fired: unknown[] = []
  reign.signal.addEventListener("abort", () => fired.push(reign.signal.reason.reason))
  return { ...it, a, reign, fired }
}

for (const [what, read] of Object.entries({
  aborted: (t: Test, { signal }: Leadership) => t.ok(signal.aborted),
  reason: (t: Test, { signal }: Leadership) => t.match(signal.reason, { code: "reign-ended" }),
  throwIfAborted: (t: Test, { signal }: Leadership) =>
    t.throws(() => signal.throwIfAborted(), { code: "reign-ended", reason: "lease over" }),
})) {
  t.test(`reading ${what} after a freeze fires the signal, there and then`, async (t) => {
    const { clock, reign, reigns, fired, a } = await leading(t)
    t.notOk(reign.signal.aborted)
    t.equal(reign.signal.reason, undefined)
    reign.signal.throwIfAborted()
    clock.standStill(LEASE_MS * 2)
    t.strictSame(fired, [], "no timer has rung yet")
    read(t, reign)
    t.strictSame(fired, ["lease over"], "its listeners heard of it, once")
    t.match(reigns.at(-1), { name: "a", reason: "lease over" })
    t.notOk(a.isLeader)
    await clock.pass(LEASE_MS * 3)
    t.strictSame(fired, ["lease over"])
    t.ok(a.isLeader, "the worker is in order, and leads again")
  })
}

t.test("a loop that looks before each act does nothing after it was frozen", async (t) => {
  const { join, clock } = testLocal(t, { leaseMs: LEASE_MS })
  const acts: number[] = []
  await join("a", {
    async lead({ signal, term }) {
      while (!signal.aborted) {
        acts.push(term)
        await new Promise<void>((resolve) => clock.after(5, resolve))
      }
    },
  })
  await clock.pass(300)
  const before = acts.length
  const [term] = acts
  t.ok(before > 10)
  clock.standStill(LEASE_MS * 2)
  await clock.pass(LEASE_MS * 3)
  t.equal(acts.filter((of) => of === term).length, before)
  t.ok(acts.length > before, "and in its next reign it acts again")
})

t.test("the signal of tracked work is computed as well, whenever it was asked for", async (t) => {
  const { join, clock, local } = testLocal(t, { leaseMs: LEASE_MS })
  const jobs: { job: Job; signal: AbortSignal }[] = []
  await join("a", {
    leaderWork: (job) => {
      jobs.push({ job, signal: job.signal })
      return new Promise(() => {})
    },
  })
  await clock.pass(300)
  const client = PoolClient.local({ local })
  const asked = client.leaderWork("x", { timeoutMs: 1000 }).catch((error) => error)
  await clock.pass(1)
  const [held] = jobs
  t.notOk(held?.signal.aborted)
  clock.standStill(LEASE_MS * 2)
  t.ok(held?.job.signal.aborted)
  t.match(held?.signal.reason, { code: "reign-ended" })
  await clock.pass(2000)
  t.type(await asked, Error)
  await client.close()
})

t.test("tracked work that never yields sees the end of its reign", async (t) => {
  const { join, clock, local } = testLocal(t, { leaseMs: LEASE_MS })
  const seen: boolean[] = []
  await join("a", {
    leaderWork: ({ signal }) => {
      seen.push(signal.aborted)
      clock.standStill(LEASE_MS * 2)
      seen.push(signal.aborted)
    },
  })
  await clock.pass(300)
  const client = PoolClient.local({ local })
  const asked = client.leaderWork("x", { timeoutMs: 1000 }).catch((error) => error)
  await clock.pass(2000)
  await asked
  t.strictSame(seen.slice(0, 2), [false, true])
  await client.close()
})

t.test("what looks before it looks again finds itself in the midst of the lapse", async (t) => {
  const { join, clock } = testLocal(t, { leaseMs: LEASE_MS })
  const seen: boolean[] = []
  let reign: Leadership | undefined
  await join("a", {
    lead: (leadership) => {
      reign = leadership
      leadership.signal.addEventListener("abort", () => {
        seen.push(leadership.signal.aborted, leadership.isLeading())
      })
    },
  })
  await clock.pass(300)
  clock.standStill(LEASE_MS * 2)
  t.ok(reign?.signal.aborted)
  t.strictSame(seen, [true, false])
})

/** What the pages say of Node's own parts. */
t.test("Node reads a signal that it is given, and waits for what it has", async (t) => {
  const over = { now: false }
  const overNow = () => {
    const controller = new AbortController()
    return computedSignal(controller, () => {
      if (over.now) controller.abort(new Error("over"))
    })
  }
  over.now = true
  await t.rejects(delay(60_000, undefined, { signal: overNow() }), { name: "AbortError" })
  await t.rejects(once(new EventEmitter(), "never", { signal: overNow() }), { name: "AbortError" })
  await t.rejects(fetch("http://127.0.0.1:9", { signal: overNow() }), { message: "over" })
  t.ok(AbortSignal.any([overNow()]).aborted)
  await new Promise<void>((resolve) => addAbortListener(overNow(), () => resolve()))
})
