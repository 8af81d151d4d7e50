import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import type { NatsConnection } from "nats"
import t from "tap"
import { LocalPools } from "../../src/backend/local-pools.js"
import { PoolClient } from "../../src/client/client.js"
import type { Bus } from "../../src/contracts/bus.js"
import { PoolWatch } from "../../src/operator/pool-watch.js"
import { joinPool } from "../../src/worker/worker.js"
import { LONG_LEASE_MS } from "../fixtures/leases.js"
import { requester } from "../fixtures/requester.js"
import { testServer } from "../fixtures/server.js"
import { until } from "../fixtures/until.js"

setFlagsFromString("--expose-gc")
const collectGarbage: () => void = runInNewContext("gc")

const TIMES = 1_000
/** So many at once, so that the test is short. */
const ABREAST = 100
/** More than one worker needs, and far fewer than would be left behind. */
const FEW = 50

/** Does it so often, and resolves when nothing refers any more to what each time returned. */
async function repeatedly(once: (n: number) => Promise<object>, times = TIMES): Promise<void> {
  const known: WeakRef<object>[] = []
  // In a function of its own: one that waits keeps what it last looked at.
  const noted = async (n: number) => new WeakRef(await once(n))
  for (let n = 0; n < times; n += ABREAST) {
    const abreast = Array.from({ length: Math.min(times, ABREAST) }, (_, at) => noted(n + at))
    known.push(...(await Promise.all(abreast)))
  }
  await until("they are collected", async () => {
    await new Promise(setImmediate)
    collectGarbage()
    return known.every((ref) => ref.deref() === undefined)
  })
}

/** Resolves when the client library keeps no more for us than a few who are still there need, and few timers run. */
async function fewAreKept(connection?: NatsConnection): Promise<void> {
  const { protocol } = (connection ?? {}) as unknown as {
    protocol?: { listeners: unknown[]; subscriptions: { size(): number } }
  }
  await until("few are kept", () => {
    const timers = process.getActiveResourcesInfo().filter((it) => it === "Timeout").length
    const kept = [timers, protocol?.listeners.length ?? 0, protocol?.subscriptions.size() ?? 0]
    return kept.every((count) => count < FEW)
  })
}

t.test("1,000 workers that join and leave on one connection leave nothing behind", async (t) => {
  const server = await testServer(t)
  const connection = await requester(t, server.url)
  const stays = await joinPool({ connection, name: "stays", leaseMs: LONG_LEASE_MS })
  await repeatedly(async (n) => {
    const worker = await joinPool({ connection, name: `w${n}`, leaseMs: LONG_LEASE_MS })
    await worker.leave()
    return worker
  })
  await fewAreKept(connection)
  await stays.leave()
})

t.test("nor do 1,000 clients that asked for both kinds of work", async (t) => {
  const server = await testServer(t)
  const connection = await requester(t, server.url)
  const worker = await joinPool({ connection, leaseMs: LONG_LEASE_MS })
  await repeatedly(async () => {
    const client = new PoolClient({ bus: connection })
    await client.work("a", { timeoutMs: 60_000 })
    await client.leaderWork("b", { timeoutMs: 60_000 })
    await client.close()
    return client
  })
  await fewAreKept(connection)
  await worker.leave()
})

t.test("nor do those who watch a pool, or can't join one", async (t) => {
  const server = await testServer(t)
  const connection = await requester(t, server.url)
  const worker = await joinPool({ connection, leaseMs: LONG_LEASE_MS })
  await repeatedly(async () => {
    const watch = await PoolWatch.open(connection, "work")
    watch.stop()
    await joinPool({ connection, http: "192.0.2.1:1" }).catch(() => {})
    return watch
  }, FEW)
  await fewAreKept(connection)
  await worker.leave()
})

t.test("nor do 1,000 workers and clients of a local pool", async () => {
  const local = new LocalPools()
  const stays = await joinPool({ local, leaseMs: LONG_LEASE_MS })
  await repeatedly(async (n) => {
    const worker = await joinPool({ local, name: `w${n}`, leaseMs: LONG_LEASE_MS })
    const client = PoolClient.local({ local })
    await client.leaderWork("a", { timeoutMs: 60_000 })
    await client.close()
    await worker.leave()
    return worker
  })
  await fewAreKept()
  await stays.leave()
})

t.test("a connection that is lost for good, or has no status, is followed in peace", async (t) => {
  const { followConnection } = await import("../../src/contracts/connection-watch.js")
  const told: boolean[] = []
  followConnection({}, (isUp) => told.push(isUp))()
  const statuses: Bus["status"] = async function* () {
    yield { type: "disconnect" }
    yield { type: "ping" }
    yield { type: "reconnect" }
  }
  const stop = followConnection({ status: statuses }, (isUp) => told.push(isUp))
  await until("both were told", () => told.length === 2)
  t.strictSame(told, [false, true])
  stop()
})
