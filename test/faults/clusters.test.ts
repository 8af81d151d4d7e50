/** Three clustered servers, of which some die, are cut off, or come back without their files. Only in `make faults`. */
import { jetstreamManager } from "@nats-io/jetstream"
import { connect } from "nats"
import t, { type Test } from "tap"
import { examine, type Finding } from "../../src/doctor/doctor.js"
import type { ServerCluster } from "../../src/server-cluster/server-cluster.js"
import { skipsClusters, testServers } from "../fixtures/servers.js"
import { until } from "../fixtures/until.js"
import { type Fleet, type FleetOptions, fleet } from "./fleet.js"
import { sharedMs } from "./history.js"
import { leadersOf } from "./judge.js"
import { isAll, lasting, rounds } from "./rounds.js"
import { routedServers } from "./routes.js"

const skip = await skipsClusters()
if (!isAll) t.pass("these take minutes: make faults")
const LEASE_MS = 12_000
const STREAM = "KV_pool_work"
const MOVES = 50

/** Workers a, b and c, each first on another server; requests may wait for as long as nobody can lead. */
function fleetOn(t: Test, servers: ServerCluster, more: FleetOptions = {}): Promise<Fleet> {
  const settings = { replicas: 3 }
  const asking = { pauseMs: 36, timeoutMs: 60_000 }
  return fleet(t, { leaseMs: LEASE_MS, names: ["a", "b", "c"], settings, servers, asking, ...more })
}

/** The name of the server that leads the bucket's stream; undefined while none does. */
async function streamLeader(it: Fleet): Promise<string | undefined> {
  try {
    const manager = await jetstreamManager(it.observer, { checkAPI: false, timeout: 1000 })
    return (await manager.streams.info(STREAM)).cluster?.leader
  } catch {
    return undefined
  }
}

/** What the doctor finds from the server at `url`, by what it looked at. */
async function doctorAt(t: Test, url = "") {
  const connection = await connect({ servers: url })
  t.teardown(() => connection.close())
  const found: Record<string, Finding> = {}
  const examined = examine({ connection, pool: "work", role: "worker", leaseMs: LEASE_MS })
  for await (const it of examined) found[it.what] = it
  return found
}

/** It was one reign from the beginning to the end, and its signal never fired. */
async function isOneReign(t: Test, it: Fleet): Promise<void> {
  await it.answers("a")
  const { reigns } = await it.verdict(t)
  t.equal(reigns.length, 1, "nobody else leads")
  t.strictSame(
    it.history.all.filter(({ what }) => what === "ends"),
    [],
    "no signal fires",
  )
}

for (const round of isAll ? rounds : []) {
  t.test(`when the stream's leader is killed the reign goes on${round}`, { skip }, async (t) => {
    const cluster = await testServers(t)
    const it = await fleetOn(t, cluster)
    await cluster.named((await streamLeader(it)) ?? "")?.kill()
    await until("another one leads the stream", async () => (await streamLeader(it)) !== undefined)
    await renewals(it, 2)
    await isOneReign(t, it)
  })

  t.test(`when the leader's server is killed the reign goes on${round}`, { skip }, async (t) => {
    const cluster = await testServers(t)
    const it = await fleetOn(t, cluster)
    await cluster.servers[0]?.kill()
    await renewals(it, 3)
    await isOneReign(t, it)
  })

  t.test(
    `when one after another is killed and comes back the reign goes on${round}`,
    {
      skip,
    },
    async (t) => {
      const cluster = await testServers(t)
      const it = await fleetOn(t, cluster)
      for (const server of cluster.servers) {
        await server.kill()
        await renewals(it, 1)
        await server.start()
        await cluster.healthy()
        await renewals(it, 1)
      }
      await isOneReign(t, it)
    },
  )

  t.test(
    `with two of three dead nobody leads, and somebody does soon after${round}`,
    {
      skip,
    },
    async (t) => {
      const cluster = await testServers(t)
      const it = await fleetOn(t, cluster)
      const from = it.now
      const [, second, third] = cluster.servers
      await Promise.all([second?.kill(), third?.kill()])
      await it.history.since(from, "ends", ({ who }) => who === "a")
      await lasting(LEASE_MS * 1.5)
      it.history.read()
      const began = it.history.all.slice(from).filter(({ what }) => what === "begins")
      t.strictSame(began, [], "nobody begins to lead")
      await Promise.all([second?.start(), third?.start()])
      await cluster.healthy()
      const wellMs = sharedMs()
      const { at } = await it.begins(from)
      t.comment(`somebody leads ${(at - wellMs).toFixed(0)} ms after the servers are well again`)
      await it.answers()
      await it.verdict(t)
    },
  )

  t.test(
    `a leader cut off with its server stops by itself, and is replaced${round}`,
    {
      skip,
    },
    async (t) => {
      const { cluster, routes } = await routedServers(t)
      const it = await fleetOn(t, cluster)
      const from = it.now
      routes.cutOff(0)
      await it.history.since(from, "ends", ({ who }) => who === "a")
      await it.begins(from, "a")
      const [small, large] = cluster.servers.map(({ url }) => url)
      const alone = await doctorAt(t, small)
      t.match(alone.replicas, {
        verdict: "fail",
        says: /no server leads it: nothing can be written/,
      })
      t.match(alone.clock, { verdict: "fail", says: /^JetStream does not answer/ })
      const majority = await doctorAt(t, large)
      t.match(majority.replicas, { verdict: "fail", says: /KV_pool_work: n1 is (behind|offline)/ })
      t.match(majority.pool, { says: /^[bc] leads/ })
      await lasting(LEASE_MS)
      routes.heal()
      await cluster.healthy()
      await it.answers()
      const { reigns } = await it.verdict(t)
      t.equal(leadersOf(reigns).length, 2)
    },
  )

  t.test(
    `a server that comes back without its files takes nothing away${round}`,
    {
      skip,
    },
    async (t) => {
      const cluster = await testServers(t)
      const it = await fleetOn(t, cluster)
      const [first, second] = cluster.servers
      await first?.kill()
      await first?.start({ isEmpty: true })
      await cluster.healthy()
      await renewals(it, 1)
      await second?.kill()
      await renewals(it, 2)
      await isOneReign(t, it)
    },
  )

  t.test(
    `the stream's leader is moved ${MOVES} times, and the reign goes on${round}`,
    {
      skip,
    },
    async (t) => {
      const cluster = await testServers(t)
      const it = await fleetOn(t, cluster)
      const led: (string | undefined)[] = []
      for (let n = 0; n < MOVES; n += 1) {
        const before = await streamLeader(it)
        led.push(before)
        await it.observer
          .request(`$JS.API.STREAM.LEADER.STEPDOWN.${STREAM}`, "", { timeout: 5000 })
          .catch(() => {})
        await until("another one leads it", async () => {
          const now = await streamLeader(it)
          return now !== undefined && now !== before
        })
      }
      t.ok(new Set(led).size > 1)
      await isOneReign(t, it)
    },
  )
}

async function renewals(it: Fleet, count: number): Promise<void> {
  for (let n = 0; n < count; n += 1) await it.history.next("claimed")
}
