import { Kvm } from "@nats-io/kv"
import t from "tap"
import type { WorkerGroupOptions } from "../../src/supervision/worker-group.js"
import { WorkerGroup } from "../../src/supervision/worker-group.js"
import { testGroup } from "../fixtures/crew.js"
import { SHORT_LEASE_MS } from "../fixtures/leases.js"
import { memberReader, requester } from "../fixtures/requester.js"
import { testServer } from "../fixtures/server.js"
import { until } from "../fixtures/until.js"

function optionsFor(url: string, problems: string[] = []): WorkerGroupOptions {
  return {
    settings: { pool: "work", name: "a", connect: { servers: url } },
    onEvent: () => {},
    report: (problem) => problems.push(problem),
  }
}

t.test(
  "to disband stops all, the leader last, and leaves no entry and no connection",
  async (t) => {
    const { group, server, start, leads, events, claims } = await testGroup(t)
    await start("a", "b", "c")
    await leads("a", "b", "c")
    const reigns = claims.all.length
    await group.disband()
    const gone = events.all.filter((event) => event.type === "gone")
    t.match(gone, [{ isKind: true }, { isKind: true }, { isKind: true, worker: { name: "a" } }])
    const later = claims.all.slice(reigns).map(({ name }) => name)
    t.strictSame(
      later.filter((name) => name !== "a"),
      [],
      "leadership did not move about",
    )
    t.strictSame(await (await memberReader(t, server.url))(), [])
    await until("only the test is connected", async () => (await server.connections()).length === 1)
    await t.resolves(group.disband(), "a second time does no harm")
  },
)

t.test("a bucket with other settings is adjusted, and each is told of", async (t) => {
  const server = await testServer(t)
  const connection = await requester(t, server.url)
  await new Kvm(connection).create("pool_work", { ttl: 1_000_000, history: 3 })
  const problems: string[] = []
  const group = await WorkerGroup.gather(optionsFor(server.url, problems))
  await group.disband()
  t.strictSame(problems.sort(), [
    "bucket pool_work: history was 3, is 1 now",
    "bucket pool_work: ttlMs was 1000000, is 6000 now",
  ])
})

t.test("a crew that can't gather leaves no connection", async (t) => {
  const server = await testServer(t, { jetstream: false })
  await t.rejects(WorkerGroup.gather(optionsFor(server.url)), { code: "no-jetstream" })
  await until("nobody is connected", async () => (await server.connections()).length === 0)
  const bad = optionsFor(server.url)
  const settings = { ...bad.settings, leaseMs: 1 }
  await t.rejects(WorkerGroup.gather({ ...bad, settings }), { code: "bad-input" })
})

t.test("without its server it still disbands kindly, before anybody is killed", async (t) => {
  const { group, server, start, leads, events } = await testGroup(t, { leaseMs: SHORT_LEASE_MS })
  await start("a", "b")
  await leads("a", "b")
  await server.kill()
  await group.disband()
  const gone = events.all.flatMap((event) => (event.type === "gone" ? [event] : []))
  t.strictSame(
    gone.map(({ worker, isKind, how }) => ({ name: worker.name, isKind, how })),
    ["b", "a"].map((name) => ({ name, isKind: true, how: "ended with exit code 0" })),
  )
  t.strictSame(group.supervisor.workers, [])
})
