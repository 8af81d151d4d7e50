import t from "tap"
import { LocalPools } from "../../src/backend/local-pools.js"
import { PoolClient } from "../../src/client/client.js"
import { apartFrom, weight } from "../../src/strategies/built-in-strategies.js"
import { joinPool } from "../../src/worker/worker.js"
import { testLocal } from "../fixtures/local.js"

t.test("workers of one process find each other by their pool, and the oldest leads", async (t) => {
  const { joinAll, clock, join } = testLocal(t)
  const [a, b, c] = await joinAll("a", "b", "c")
  const other = await join("other", { pool: "elsewhere" })
  await clock.pass(200)
  t.ok(a?.isLeader)
  t.notOk(b?.isLeader || c?.isLeader)
  t.ok(other.isLeader, "another pool is another pool")
  t.match(a?.leader?.claim.reason, "a leads: oldest of 3; b next: 2nd oldest of 3")
})

t.test("a local leader that leaves hands on, and its term grows", async (t) => {
  const { joinAll, clock, during } = testLocal(t)
  const [a, b] = await joinAll("a", "b")
  await clock.pass(200)
  const before = a?.leadership?.term ?? 0
  await during(100, a?.leave() ?? Promise.resolve())
  t.ok(b?.isLeader)
  t.ok((b?.leadership?.term ?? 0) > before)
})

t.test("a client asks workers of its own process", async (t) => {
  const { join, clock, local, during } = testLocal(t)
  await join("a", {
    pool: "mail",
    work: (job) => `sent ${job.text()}`,
    leaderWork: (_, { term }) => ({ term }),
  })
  await clock.pass(200)
  const client = PoolClient.local({ local, pool: "mail" })
  t.equal((await during(10, client.work("letter"))).text(), "sent letter")
  const answer = await during(10, client.leaderWork("count"))
  t.equal(answer.worker, "a")
  t.equal(answer.json<{ term: number }>().term, answer.term)
  await client.close()
})

t.test("a payload above what a local pool takes is refused with how much that is", async (t) => {
  const client = PoolClient.local({ local: new LocalPools() })
  await t.rejects(client.work(new Uint8Array(2 ** 20 + 1)), {
    name: "PayloadTooLarge",
    maxBytes: 2 ** 20,
  })
  await client.close()
})

t.test("local: true is one world for the whole process", async (t) => {
  const worker = await joinPool({ local: true, pool: "shared", work: () => "here" })
  const client = PoolClient.local({ pool: "shared" })
  t.equal((await client.work("")).text(), "here")
  await client.close()
  const alone = PoolClient.local({ local: new LocalPools(), pool: "shared" })
  await t.rejects(alone.work("", { waitForWorkers: false }), { code: "no-workers" })
  await alone.close()
  await worker.leave()
})

t.test("local and a connection are not for the same worker", async (t) => {
  await t.rejects(joinPool({ local: true, connect: { servers: "x" } }), {
    code: "bad-input",
    what: "local",
  })
})

t.test("the strategy decides who leads from a cold start", async (t) => {
  const { join, clock } = testLocal(t, { strategy: weight })
  await join("small", { weight: 1 })
  const big = await join("big", { weight: 8 })
  await clock.pass(400)
  t.ok(big.isLeader)
  t.match(big.leader?.claim, {
    strategy: "weight",
    reason: "big leads: weight 8, heaviest of 2; small next: weight 1, 2nd heaviest of 2",
  })
})

t.test("a better-ranked newcomer waits, unless leaders give way", async (t) => {
  const { join, clock } = testLocal(t, { strategy: weight })
  const small = await join("small", { weight: 1 })
  await clock.pass(400)
  await join("big", { weight: 8 })
  await clock.pass(30_000)
  t.ok(small.isLeader, "a leader stays until it leaves")
})

t.test("a leader told to gives way to a better one, once, after a while", async (t) => {
  const { join, clock, reigns } = testLocal(t, { strategy: weight, preempt: 5000 })
  await join("small", { weight: 1 })
  await clock.pass(400)
  const big = await join("big", { weight: 8 })
  await clock.pass(4900)
  t.notOk(big.isLeader, "not yet")
  await clock.pass(200)
  t.ok(big.isLeader)
  await clock.pass(60_000)
  const said = reigns.map(({ name, reason }) => `${name} ${reason ?? "leads"}`)
  t.strictSame(said, ["small leads", "small preempted", "big leads"])
})

t.test("members that disagree who is better swap at most once in that time", async (t) => {
  const { join, clock, reigns } = testLocal(t)
  const last = (all: readonly { name: string }[]) => [...all].reverse()
  const me = (name: string) => (all: readonly { name: string }[]) =>
    [...all].sort((x, y) => Number(x.name === name) - Number(y.name === name))
  for (const name of ["a", "b"]) {
    const strategy = me(name) as unknown as typeof last
    await join(name, { strategy: strategy as never, preempt: 5000 })
  }
  await clock.pass(400 + 50_000)
  const began = reigns.filter(({ term }) => term)
  t.ok(began.length >= 5 && began.length <= 11, `${began.length} reigns in 50 s`)
})

t.test("apart-from keeps the seat off the host of another pool's leader", async (t) => {
  const { join, clock, local } = testLocal(t)
  await join("z", { pool: "thumbnails" })
  await clock.pass(200)
  const a = await join("a", { strategy: apartFrom("thumbnails") })
  await clock.pass(1000)
  t.ok(a.isLeader, "on a single host it leads all the same")
  t.match(a.leader?.claim.reason, /shares .* with the leader of thumbnails, the only host/)
  t.ok(local.bucket("thumbnails"))
})

t.test("who may not lead never does, and works", async (t) => {
  const { join, clock, during, local } = testLocal(t)
  const a = await join("a", { eligible: false })
  const b = await join("b")
  await clock.pass(400)
  t.ok(b.isLeader)
  await during(30_000, b.leave())
  t.notOk(a.isLeader)
  const client = PoolClient.local({ local })
  t.equal((await during(10, client.work(""))).worker, "a")
  await client.close()
})

t.test("a strategy that throws costs nobody the leader, and is reported once", async (t) => {
  const { join, clock, problems } = testLocal(t)
  const strategy = () => {
    throw new Error("no idea")
  }
  const a = await join("a", { strategy })
  await join("b", { strategy })
  await clock.pass(2000)
  t.ok(a.isLeader)
  t.match(a.leader?.claim, { strategy: "oldest", reason: /strategy strategy threw: no idea/ })
  t.strictSame(
    problems.filter((problem) => problem.includes("no idea")),
    ["a: strategy strategy threw: no idea; the oldest comes first instead"],
  )
})

t.test("a second worker with another lease adjusts the pool, and is told", async (t) => {
  const { join, problems } = testLocal(t)
  await join("a", { leaseMs: 1000 })
  t.strictSame(problems, [])
  await join("b", { leaseMs: 2000 })
  t.match(problems, [/^b: bucket pool_work: ttlMs was \d+, is \d+ now/])
})
