import { connect, type NatsConnection } from "nats"
import type { Test } from "tap"
import t from "tap"
import { LocalPools } from "../../src/backend/local-pools.js"
import { BadInput } from "../../src/errors/errors.js"
import { ReignEnded } from "../../src/lease/leadership.js"
import { oldest } from "../../src/strategies/built-in-strategies.js"
import { joinPool } from "../../src/worker/worker.js"
import { testPool } from "../fixtures/pool.js"
import { testServer } from "../fixtures/server.js"

async function requester(t: Test, url: string): Promise<NatsConnection> {
  const connection = await connect({ servers: url })
  t.teardown(() => connection.close())
  return connection
}

t.test("the oldest of three leads, and the others are its heirs in order of age", async (t) => {
  const pool = await testPool(t)
  const [a, b, c] = await pool.joinAll("a", "b", "c")
  await pool.leads("a")
  await pool.heirsAre("b", "c")
  t.ok(a?.isLeader)
  t.notOk(b?.isLeader)
  t.notOk(c?.isLeader)
  t.equal(pool.reigns.all.length, 1, "nobody else led meanwhile")
  t.strictSame(pool.problems, [])
})

t.test("when the leader leaves kindly the next in line leads, under a higher term", async (t) => {
  const pool = await testPool(t)
  const [a, b] = await pool.joinAll("a", "b", "c")
  const first = await pool.leads("a")
  await pool.heirsAre("b", "c")
  await a?.leave()
  const second = await pool.leads("b")
  t.ok(second > first)
  t.ok(b?.isLeader)
  const order = pool.reigns.all.map(({ name, term }) => `${name} ${term ? "leads" : "ended"}`)
  t.strictSame(order, ["a leads", "a ended", "b leads"], "one after the other")
  await pool.heirsAre("c")
})

t.test("when a follower leaves the leader goes on in its term", async (t) => {
  const pool = await testPool(t)
  const [a, b] = await pool.joinAll("a", "b", "c")
  const term = await pool.leads("a")
  await pool.heirsAre("b", "c")
  await b?.leave()
  await pool.heirsAre("c")
  t.equal(a?.leadership?.term, term)
})

t.test("a member says which server it is connected to, where that has a name", async (t) => {
  const pool = await testPool(t, { config: "server_name: n7" })
  const named = await pool.join("a")
  t.equal(named.member.server, "n7")
  const { url } = await testServer(t)
  const worker = await joinPool({ connect: { servers: url } })
  t.notOk("server" in worker.member, "an id is no name")
  await worker.leave()
})

t.test("who restarts goes to the end of the line", async (t) => {
  const pool = await testPool(t)
  const [a] = await pool.joinAll("a", "b", "c")
  await pool.leads("a")
  await pool.heirsAre("b", "c")
  const before = a?.id
  await a?.restart()
  await pool.leads("b")
  await pool.heirsAre("c", "a")
  t.not(a?.id, before, "it is a new member")
})

t.test("the leader hands over to whom it is told", async (t) => {
  const pool = await testPool(t)
  const [a, b, c] = await pool.joinAll("a", "b", "c")
  await pool.leads("a")
  await pool.heirsAre("b", "c")
  await a?.handOver(c?.id)
  await pool.leads("c")
  t.ok(c?.isLeader)
  await t.rejects(b?.handOver() ?? Promise.resolve(), BadInput)
  await t.rejects(c?.handOver("nobody") ?? Promise.resolve(), /expected the id of a member/)
})

t.test("simple work is spread over all, and says who did it", async (t) => {
  const pool = await testPool(t)
  await pool.joinAll("a", "b", "c")
  const nc = await requester(t, pool.server.url)
  const counts = new Map<string, number>()
  for (let n = 0; n < 300; n += 1) {
    const answer = await nc.request("work", String(n))
    const who = answer.headers?.get("Pool-Worker") ?? ""
    const said = answer.json<{ worker: string; payload: number }>()
    if (said.worker !== who || said.payload !== n) t.fail(`asked ${n}`, { said, who })
    counts.set(who, (counts.get(who) ?? 0) + 1)
  }
  t.strictSame([...counts.keys()].sort(), ["a", "b", "c"])
  for (const [name, count] of counts) t.ok(count > 50, `${name} did ${count} of 300`)
})

t.test("tracked work reaches the leader alone, which answers with its term", async (t) => {
  const pool = await testPool(t)
  await pool.joinAll("a", "b", "c")
  const term = await pool.leads("a")
  const nc = await requester(t, pool.server.url)
  const answers = new Set<string>()
  for (let n = 0; n < 50; n += 1) {
    const { headers } = await nc.request("work.leader", "x")
    answers.add(`${headers?.get("Pool-Worker")} in term ${headers?.get("Pool-Term")}`)
  }
  t.strictSame([...answers], [`a in term ${term}`])
})

t.test("lead runs while leading, and its signal fires with the reason", async (t) => {
  const pool = await testPool(t)
  let settle: (reason: unknown) => void = () => {}
  const ended = new Promise((resolve) => {
    settle = resolve
  })
  const a = await pool.join("a", {
    lead: ({ signal }) =>
      new Promise<void>((resolve) => {
        signal.addEventListener("abort", () => {
          settle(signal.reason)
          resolve()
        })
      }),
  })
  const term = await pool.leads("a")
  await a.leave()
  const reason = await ended
  t.type(reason, ReignEnded)
  t.match(reason, { reason: "stopping", term })
})

t.test("who fails while leading goes to the end of the line, and the next one leads", async (t) => {
  const pool = await testPool(t)
  let fail: (error: Error) => void = () => {}
  const a = await pool.join("a", {
    lead: () =>
      new Promise((_, reject) => {
        fail = reject
      }),
  })
  await pool.join("b")
  await pool.leads("a")
  await pool.heirsAre("b")
  const before = a.id
  fail(new Error("no disk"))
  await pool.leads("b")
  await pool.heirsAre("a")
  t.not(a.id, before)
  t.match(pool.problems.join(), /lead\(\) failed/)
})

t.test("two workers of the same name are two members", async (t) => {
  const pool = await testPool(t)
  const [one, two] = await pool.joinAll("twin", "twin")
  await pool.leads("twin")
  await pool.heirsAre("twin")
  t.not(one?.id, two?.id)
  t.ok(one?.isLeader)
  t.notOk(two?.isLeader)
})

t.test("a paused worker takes no simple work and keeps its place", async (t) => {
  const pool = await testPool(t)
  const [a] = await pool.joinAll("a", "b")
  await pool.leads("a")
  const nc = await requester(t, pool.server.url)
  a?.pause()
  await nc.flush()
  const who = async () => (await nc.request("work", "")).headers?.get("Pool-Worker") ?? ""
  const whilePaused = new Set<string>()
  for (let n = 0; n < 20; n += 1) whilePaused.add(await who())
  t.strictSame([...whilePaused], ["b"])
  t.ok(a?.isLeader)
  a?.resume()
  const afterwards = new Set<string>()
  while (afterwards.size < 2) afterwards.add(await who())
  t.strictSame([...afterwards].sort(), ["a", "b"])
})

t.test("names and timings that cannot work are refused before anything is opened", async (t) => {
  for (const pool of ["", "a.b", "a b", "x".repeat(33)]) {
    await t.rejects(joinPool({ pool }), { code: "bad-input", what: "pool name" })
  }
  for (const name of ["", "a.b", "a b", "x".repeat(65)]) {
    await t.rejects(joinPool({ name }), { code: "bad-input", what: "worker name" })
  }
  for (const leaseMs of [-1, 0, Number.NaN, 199]) {
    await t.rejects(joinPool({ leaseMs }), { code: "bad-input", what: "lease" })
  }
  await t.rejects(joinPool({ leaseMs: 1000, renewMs: 251 }), { code: "bad-input", what: "renewal" })
  await t.rejects(joinPool({ replicas: 2 }), { code: "bad-input", what: "replicas" })
  await t.rejects(joinPool({ concurrency: 0 }), { code: "bad-input", what: "concurrency" })
  for (const handlerTimeoutMs of [0, Number.NaN, 2 ** 31]) {
    const refused = { code: "bad-input", what: "handler timeout" }
    await t.rejects(joinPool({ handlerTimeoutMs }), refused)
  }
  await t.rejects(joinPool({ maxStallMs: 39 }), { code: "bad-input", what: "longest stall" })
})

t.test("labels that no entry could hold are refused", async (t) => {
  const labels = { zone: "€".repeat(1500) }
  await t.rejects(joinPool({ local: new LocalPools(), labels }), {
    code: "bad-input",
    message: /^labels: expected an object with texts by name, of 4096 bytes in all, got /,
  })
})

t.test("a strategy whose name is longer than a claim costs nobody the lead", async (t) => {
  const pool = await testPool(t)
  const strategy = { ...oldest, name: "n".repeat(10_000) }
  await pool.join("a", { strategy })
  await pool.join("b", { strategy })
  await pool.leads("a")
  await pool.heirsAre("b")
  t.strictSame(pool.problems, [])
})

t.test("a server without JetStream is named as such", async (t) => {
  const server = await testServer(t, { jetstream: false })
  await t.rejects(joinPool({ connect: { servers: server.url } }), { code: "no-jetstream" })
})
