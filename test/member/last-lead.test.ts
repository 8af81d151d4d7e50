/** A `lead` that goes on after its reign: until it has returned its worker may not lead, and says so. */
import t, { type Test } from "tap"
import type { MemoryBucket } from "../../src/backend/memory-bucket.js"
import { PoolClient } from "../../src/client/client.js"
import type { Leadership } from "../../src/lease/leadership.js"
import { membersIn } from "../../src/protocol/entries.js"
import { CLAIM_KEY } from "../../src/protocol/names.js"
import type { JoinOptions } from "../../src/worker/worker.js"
import { type TestLocal, testLocal } from "../fixtures/local.js"

const LEASE_MS = 400
const GRACE_MS = 200
const TIDYING_MS = 1500

/** Workers whose `lead` needs a while after its signal, and how many of each run at once. */
function tidying(t: Test, tidyMs = TIDYING_MS) {
  const it = testLocal(t, { leaseMs: LEASE_MS, leaderGraceMs: GRACE_MS })
  const { clock } = it
  let alive = 0
  const seen = { most: 0, calls: 0 }
  const lead = async ({ signal }: Leadership) => {
    seen.calls += 1
    alive += 1
    seen.most = Math.max(seen.most, alive)
    await new Promise((resolve) => signal.addEventListener("abort", resolve))
    await new Promise<void>((resolve) => clock.after(tidyMs, resolve))
    alive -= 1
  }
  const members = async () => membersIn((await it.local.bucket("work")?.entries()) ?? [])
  const heirs = async () => {
    const { value } = (await it.local.bucket("work")?.get(CLAIM_KEY)) ?? {}
    const claim = JSON.parse(new TextDecoder().decode(value))
    return claim.heirs.map(({ key }: { key: string }) => key.split(".")[1])
  }
  const join = (name: string, options: JoinOptions = {}) => it.join(name, { lead, ...options })
  return { ...it, join, lead, seen, members, heirs }
}

/** Takes the lease from the worker `name`. */
async function lapse({ bucketOf, clock }: TestLocal, name: string): Promise<void> {
  bucketOf(name).state = "hangs"
  await clock.pass(LEASE_MS)
  bucketOf(name).state = "works"
}

t.test("after a lapse a pool of one has no second lead beside the first", async (t) => {
  const it = tidying(t)
  const a = await it.join("a")
  await it.clock.pass(300)
  t.ok(a.isLeader)
  await lapse(it, "a")
  await it.clock.pass(1000)
  t.notOk(a.isLeader)
  t.equal(it.seen.calls, 1)
  await it.clock.pass(1000)
  t.strictSame(it.seen, { most: 1, calls: 2 }, "it leads again once the first has returned")
  t.ok(a.isLeader)
})

t.test("nor after a grace time that ran out", async (t) => {
  const it = tidying(t)
  const a = await it.join("a")
  await it.clock.pass(300)
  const handed = a.handOver()
  await it.clock.pass(GRACE_MS + 300)
  await handed
  await it.clock.pass(900)
  t.equal(it.seen.calls, 1)
  await it.clock.pass(LEASE_MS + 300)
  t.strictSame(it.seen, { most: 1, calls: 2 })
})

t.test("it claims when its lead has returned, at once, and not before", async (t) => {
  const it = tidying(t, 700)
  const a = await it.join("a")
  await it.clock.pass(300)
  const handed = a.handOver()
  await it.clock.pass(698)
  await handed
  t.equal(it.seen.calls, 1)
  await it.clock.pass(3)
  t.strictSame(it.seen, { most: 1, calls: 2 })
  t.ok(a.isLeader)
})

t.test("who lingers says so: in its entry, to its program, and in the log", async (t) => {
  const it = tidying(t)
  const a = await it.join("a")
  await it.clock.pass(300)
  const term = a.leadership?.term ?? 0
  await lapse(it, "a")
  await it.clock.pass(200)
  t.match(await it.members(), [{ name: "a", eligible: false, lingering: { term } }])
  t.match(a.member, { eligible: false, lingering: { term } })
  t.ok(a.lingeringMs >= 200)
  await it.clock.pass(2000)
  const [entry] = await it.members()
  t.match(entry, { eligible: true, state: "ready" })
  t.notOk(entry && "lingering" in entry)
  t.equal(a.lingeringMs, 0)
  const said = it.problems.filter((problem) => problem.includes("lead()"))
  t.strictSame(said, [
    `a: lead() of term ${term} has not returned 50 ms after its reign: until then this worker may not lead`,
    `a: lead() of term ${term} returned 1500 ms after its reign: this worker may lead`,
  ])
})

t.test("a lead that returns in time is nothing to speak of", async (t) => {
  const it = tidying(t, 10)
  const a = await it.join("a")
  await it.clock.pass(300)
  await lapse(it, "a")
  await it.clock.pass(300)
  t.ok(a.isLeader)
  await it.during(500, a.handOver())
  t.ok(a.isLeader)
  t.strictSame(
    it.problems.filter((problem) => problem.includes("lead()")),
    [],
  )
})

t.test("it is said once a second at most, however often it happens", async (t) => {
  const it = tidying(t, 130)
  await it.join("a")
  const beganMs = it.clock.now().monoMs
  for (let n = 0; n < 20; n += 1) {
    await it.clock.pass(300)
    await lapse(it, "a")
  }
  const seconds = (it.clock.now().monoMs - beganMs) / 1000
  const said = it.problems.filter((problem) => problem.includes("lead()"))
  t.ok(it.seen.calls > 10)
  t.ok(said.length > 3)
  t.ok(said.length <= seconds + 1, `${said.length} lines in ${seconds} s`)
})

t.test("who lingers is not in the line, gets no seat, and is an heir again after it", async (t) => {
  const it = tidying(t)
  const a = await it.join("a")
  const [b, c] = [await it.join("b"), await it.join("c")]
  await it.clock.pass(500)
  await it.during(1000, a.handOver())
  await it.clock.pass(100)
  t.ok(b.isLeader)
  t.strictSame(await it.heirs(), ["c"])
  await t.rejects(b.handOver(a.id), { code: "bad-input" })
  await it.during(500, b.handOver())
  t.ok(c.isLeader, "the one that could")
  await it.clock.pass(2000)
  t.strictSame(await it.heirs(), ["a", "b"])
})

t.test("a word to one that lingers, by a leader that does not know, changes nothing", async (t) => {
  const it = tidying(t)
  const a = await it.join("a")
  await it.clock.pass(300)
  await it.during(1000, a.handOver())
  const { value } = (await it.local.bucket("work")?.get(CLAIM_KEY)) ?? {}
  const { id, term } = JSON.parse(new TextDecoder().decode(value))
  const bus = it.local.connect()
  bus.publish(`work.heir.${a.id}`, JSON.stringify({ id, term, revision: term + 99, reason: "x" }))
  await it.clock.pass(100)
  t.notOk(a.isLeader)
  t.equal(it.seen.calls, 1)
  await bus.close()
})

t.test("who lingers takes no seat that was wiped, nor one of a pool that begins", async (t) => {
  const it = tidying(t, 3000)
  const a = await it.join("a")
  await it.clock.pass(300)
  await lapse(it, "a")
  const bucket = it.local.bucket("work") as MemoryBucket
  bucket.wipe(Number.POSITIVE_INFINITY)
  await it.clock.pass(2000)
  t.equal(it.seen.calls, 1)
  const b = await it.join("b")
  await it.clock.pass(600)
  t.ok(b.isLeader, "the one that can")
  t.notOk(a.isLeader)
})

t.test(
  "a member that began anew waits for the lead of its last run; simple work goes on",
  async (t) => {
    const it = tidying(t, 2000)
    const a = await it.join("a", { work: () => "here" })
    await it.clock.pass(300)
    const { id } = a
    await it.during(GRACE_MS + 10, a.restart())
    t.not(a.id, id, "it has joined")
    t.match(await it.members(), [{ id: a.id, eligible: false, lingering: {}, state: "ready" }])
    const client = PoolClient.local({ local: it.local })
    t.equal((await it.during(10, client.work("x"))).text(), "here")
    await client.close()
    await it.clock.pass(1500)
    t.equal(it.seen.calls, 1)
    await it.clock.pass(1000)
    t.strictSame(it.seen, { most: 1, calls: 2 })
    t.ok(a.isLeader)
  },
)

t.test("an eligible member leads meanwhile", async (t) => {
  const it = tidying(t)
  const a = await it.join("a")
  const b = await it.join("b", { lead: () => {} })
  await it.clock.pass(500)
  await it.during(GRACE_MS + 10, a.restart())
  t.ok(b.isLeader)
  await it.clock.pass(TIDYING_MS)
  t.strictSame(await it.heirs(), ["a"])
})

t.test("who leaves waits for a lead that goes on, until its grace time is over", async (t) => {
  const it = tidying(t, 180)
  const a = await it.join("a")
  await it.clock.pass(300)
  await lapse(it, "a")
  await it.clock.pass(60)
  t.ok(a.lingeringMs > 0)
  let hasLeft = false
  a.leave().then(() => {
    hasLeft = true
  })
  await it.clock.pass(20)
  t.notOk(hasLeft)
  await it.clock.pass(60)
  t.ok(hasLeft)
})

t.test(
  "a lead that never returns keeps its worker from leading, and not from leaving",
  async (t) => {
    const it = testLocal(t, { leaseMs: LEASE_MS, leaderGraceMs: GRACE_MS })
    const a = await it.join("a", { lead: () => new Promise(() => {}) })
    await it.clock.pass(300)
    await lapse(it, "a")
    await it.clock.pass(60_000)
    t.notOk(a.isLeader)
    t.ok(a.lingeringMs > 59_000)
    t.equal(it.problems.filter((problem) => problem.includes("lead()")).length, 1)
    await it.during(10, a.leave())
  },
)

t.test(
  "a lead that returns after its worker has left is told to nobody, and leaves nothing",
  async (t) => {
    const it = tidying(t)
    const a = await it.join("a")
    await it.clock.pass(300)
    await it.during(GRACE_MS + 50, a.leave())
    const said = it.problems.length
    t.equal(it.clock.alarms, 1, "its own")
    await it.clock.pass(TIDYING_MS)
    t.equal(it.problems.length, said)
    t.equal(it.clock.alarms, 0)
  },
)

t.test("a lead that returned before its reign was over keeps nobody from leading", async (t) => {
  const it = testLocal(t, { leaseMs: LEASE_MS })
  let calls = 0
  const a = await it.join("a", {
    lead: () => {
      calls += 1
    },
  })
  await it.clock.pass(300)
  await lapse(it, "a")
  await it.clock.pass(100)
  t.ok(a.isLeader)
  t.equal(calls, 2)
})
