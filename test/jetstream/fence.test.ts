import { jetstreamManager } from "@nats-io/jetstream"
import { connect } from "nats"
import type { Test } from "tap"
import t from "tap"
import { FENCE_SERVER, Fence } from "../../src/jetstream/fence.js"
import { isAtLeast } from "../../src/nats/server-version.js"
import { namesOf } from "../../src/protocol/names.js"
import { testGroup } from "../fixtures/crew.js"
import { SHORT_LEASE_MS } from "../fixtures/leases.js"
import { testLocal } from "../fixtures/local.js"
import { ManualClock } from "../fixtures/manual-clock.js"
import { testPool } from "../fixtures/pool.js"
import { TestReign } from "../fixtures/reign.js"
import { serverProgram, testServer } from "../fixtures/server.js"

const { version = "0" } = (await serverProgram()) as { version?: string }
const isAble = isAtLeast(version, FENCE_SERVER)
const skip = isAble ? false : `nats-server ${version} keeps no fence`

async function stage(t: Test) {
  const { url } = await testServer(t)
  const nc = await connect({ servers: url })
  t.teardown(() => nc.close())
  const clock = new ManualClock()
  const fence = () => new Fence(nc, namesOf("work"), 1)
  const stored = async () => {
    const { streams } = await jetstreamManager(nc)
    const { last_seq } = (await streams.info("POOL_work_fenced")).state
    const messages = []
    for (let seq = 1; seq <= last_seq; seq += 1) {
      messages.push(await streams.getMessage("POOL_work_fenced", { seq }))
    }
    return messages.map((message) => `${message?.subject} ${message?.string()}`)
  }
  return { nc, clock, fence, stored, reign: (term: number) => new TestReign(clock, term) }
}

t.test("a leader publishes behind the fence it raised", { skip }, async (t) => {
  const { fence, stored, reign } = await stage(t)
  const mine = fence()
  const leadership = reign(5)
  t.strictSame(await mine.publish(leadership, "mail.sent", "one"), {
    stream: "POOL_work_fenced",
    seq: 2,
  })
  await Promise.all([
    mine.publish(leadership, "mail.sent", { two: 2 }),
    mine.publish(leadership, "x", ""),
    mine.publish(leadership, "bytes", new DataView(new TextEncoder().encode("abcd").buffer, 1)),
  ])
  await t.rejects(mine.publish(leadership, "x", [new Map()]), /payload\[0\] is a Map$/)
  t.strictSame(await stored(), [
    'work.fence {"term":5}',
    "work.fenced.mail.sent one",
    'work.fenced.mail.sent {"two":2}',
    "work.fenced.x ",
    "work.fenced.bytes bcd",
  ])
})

t.test("what a frozen leader sends when it wakes is refused by the server", { skip }, async (t) => {
  const { fence, stored, reign } = await stage(t)
  const [frozen, later] = [fence(), fence()]
  await frozen.publish(reign(5), "x", "before")
  await later.publish(reign(9), "x", "later")
  // As it was when it froze: it has looked at its lease, and has not sent yet.
  const asItWas = reign(5)
  t.ok(asItWas.isLeading())
  await t.rejects(frozen.publish(asItWas, "x", "after"), {
    name: "FencedOff",
    code: "fenced-off",
    term: 5,
    laterTerm: 9,
    cause: { code: 10071 },
  })
  t.notMatch((await stored()).join(), "after")
})

t.test("one that had not raised its fence can't do so any more", { skip }, async (t) => {
  const { fence, reign, stored } = await stage(t)
  await fence().raise(reign(9))
  await t.rejects(fence().publish(reign(5), "x", "late"), { code: "fenced-off", laterTerm: 9 })
  t.strictSame(await stored(), ['work.fence {"term":9}'])
})

t.test(
  "of two that raise at once the later reign wins, whoever comes first",
  { skip },
  async (t) => {
    const { fence, reign, stored } = await stage(t)
    await fence().raise(reign(1))
    const raised = await Promise.allSettled([5, 9, 7].map((term) => fence().raise(reign(term))))
    t.equal(raised[1]?.status, "fulfilled")
    t.equal((await stored()).at(-1), 'work.fence {"term":9}')
  },
)

t.test("a fence that was deleted is raised again by who leads", { skip }, async (t) => {
  const { nc, fence, reign } = await stage(t)
  const mine = fence()
  await mine.publish(reign(5), "x", "one")
  await (await jetstreamManager(nc)).streams.purge("POOL_work_fenced")
  await mine.publish(reign(5), "x", "two")
  await (await jetstreamManager(nc)).streams.delete("POOL_work_fenced")
  await mine.publish(reign(5), "x", "three")
  t.pass("all were stored")
})

t.test("a reign raises its fence once, whoever asks for it", { skip }, async (t) => {
  const { fence, reign, stored } = await stage(t)
  const first = await fence().raise(reign(5))
  t.equal(await fence().raise(reign(5)), first)
  t.strictSame(await stored(), ['work.fence {"term":5}'])
})

t.test("a fence that could not be raised is tried again", { skip }, async (t) => {
  const { nc, fence, reign } = await stage(t)
  await fence().raise(reign(9))
  const mine = fence()
  await t.rejects(mine.raise(reign(5)), { code: "fenced-off" })
  await (await jetstreamManager(nc)).streams.purge("POOL_work_fenced")
  t.equal(await mine.raise(reign(5)), 2)
})

t.test("who does not lead any more publishes nothing", { skip }, async (t) => {
  const { fence, reign } = await stage(t)
  const leadership = reign(5)
  leadership.over()
  await t.rejects(fence().publish(leadership, "x", "late"), { name: "ReignEnded" })
})

t.test("a subject with wildcards or holes is refused", { skip }, async (t) => {
  const { fence, reign } = await stage(t)
  for (const subject of ["", "a..b", "a.*", ">", "a b", ".a"]) {
    await t.rejects(fence().publish(reign(5), subject, ""), { code: "bad-input" }, subject)
  }
})

t.test("an older server is named, with what is needed and why", async (t) => {
  const { nc, reign } = await stage(t)
  // A server that keeps a fence says for once that it is an older one.
  const told = isAble ? "2.10.29" : version
  const old = Object.create(nc, { info: { value: { ...nc.info, version: told } } })
  await t.rejects(new Fence(old, namesOf("work"), 1).publish(reign(5), "x", "one"), {
    code: "server-too-old",
    message: `leadership.publish needs nats-server 2.11 or later, this one is ${told}; upgrade it`,
  })
})

t.test("a worker raises the fence when its reign begins, if told to", { skip }, async (t) => {
  const pool = await testPool(t)
  const nc = await connect({ servers: pool.server.url })
  const raised = nc.subscribe("work.fence", { max: 1 })
  await nc.flush()
  await pool.join("a", { fenced: true })
  const term = await pool.leads("a")
  for await (const message of raised) t.strictSame(message.json(), { term })
  await nc.close()
})

t.test("a frozen process that wakes adds nothing after its successor", { skip }, async (t) => {
  const handler = new URL("../fixtures/publishing-leader.mjs", import.meta.url).pathname
  const settings = { handler, leaseMs: SHORT_LEASE_MS, fenced: true }
  const { start, leads, worker, group, claims } = await testGroup(t, settings)
  await start("a", "b")
  await leads("a", "b")
  const { pid } = worker("a")
  process.kill(pid, "SIGSTOP")
  // By then its entry may have expired, and b lead alone.
  await claims.one(({ name }) => name === "b")
  process.kill(pid, "SIGCONT")
  await leads("b", "a")
  await group.supervisor.stop(worker("b").pid, 20_000)
  await leads("a")
  const { streams } = await jetstreamManager(group.connection)
  const { last_seq } = (await streams.info("POOL_work_fenced")).state
  const terms: number[] = []
  for (let seq = 1; seq <= last_seq; seq += 1) {
    const message = await streams.getMessage("POOL_work_fenced", { seq })
    terms.push(message?.json<{ term: number }>().term ?? 0)
  }
  t.ok(terms.length > 3, `${terms.length} messages`)
  t.strictSame(
    terms,
    terms.toSorted((x, y) => x - y),
  )
})

t.test("a pool without a server has no fence, and says so", async (t) => {
  const { join, clock } = testLocal(t)
  const a = await join("a")
  await clock.pass(500)
  await t.rejects(async () => void (await a.leadership?.publish("x", "one")), { code: "no-fence" })
})
