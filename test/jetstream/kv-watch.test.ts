import { jetstreamManager } from "@nats-io/jetstream"
import { type KV, Kvm } from "@nats-io/kv"
import { connect, type NatsConnection } from "nats"
import t, { type Test } from "tap"
import { MemoryBus } from "../../src/backend/memory-bus.js"
import type { Bucket } from "../../src/contracts/bucket.js"
import { openKvBucket } from "../../src/jetstream/kv-bucket.js"
import { watchesOpened, watchKv } from "../../src/jetstream/kv-watch.js"
import { Events } from "../fixtures/events.js"
import { ManualClock, settled } from "../fixtures/manual-clock.js"
import { testServer } from "../fixtures/server.js"

const TIMINGS = { memberTtlMs: 60_000, replicas: 1 }
const value = (text: string) => new TextEncoder().encode(text)

t.test("who closes a connection waits for the watches that are being opened on it", async (t) => {
  const connection = new MemoryBus({ clock: new ManualClock() }).connect()
  const bus = connection as unknown as NatsConnection
  const order: string[] = []
  let opened = (_watch: object) => {}
  const kv = {
    watch: () =>
      new Promise<object>((resolve) => {
        opened = resolve
      }),
    status: async () => ({ values: 0, streamInfo: { state: { last_seq: 0 } } }),
  }
  const watching = watchKv(bus, () => kv as unknown as KV, { heard: () => {} })
  const closable = watchesOpened(bus).then(() => order.push("closable"))
  await settled()
  order.push("opened")
  opened({ stop() {}, async *[Symbol.asyncIterator]() {} })
  const stop = await watching
  await closable
  t.strictSame(order, ["opened", "closable"])
  await watchesOpened(bus)
  stop()
})

async function setUp(t: Test) {
  const server = await testServer(t)
  const connection = await connect({
    servers: server.url,
    reconnectTimeWait: 20,
    maxReconnectAttempts: -1,
  })
  t.teardown(() => connection.close())
  const bucket = await openKvBucket(connection, "pool_work", TIMINGS)
  return { server, connection, bucket }
}

async function watching(t: Test, bucket: Bucket) {
  const events = new Events<string>()
  const stop = await bucket.watch({
    heard: ({ key, deleted }) => events.note(deleted ? `${key} gone` : key),
    caughtUp: () => events.note("caught up"),
    restart: () => events.note("restart"),
  })
  t.teardown(stop)
  return { events, stop }
}

t.test(
  "what lives is told first, then that this is all, then each change, purges included",
  async (t) => {
    const { connection, bucket } = await setUp(t)
    const first = await bucket.put("a", value("1"))
    await bucket.put("b", value("1"))
    const { events } = await watching(t, bucket)
    await events.one((it) => it === "caught up")
    // Server 2.9 can lose what is deleted within a millisecond of this, for those who begin to watch.
    await bucket.put("c", value("1"))
    await events.one((it) => it === "c")
    await bucket.remove("a", first)
    await (await new Kvm(connection).open("pool_work")).purge("b")
    await bucket.put("d", value("1"))
    await events.one((it) => it === "d")
    t.strictSame(events.all, ["a", "b", "caught up", "c", "a gone", "b gone", "d"])
  },
)

t.test("an empty bucket is caught up with at once", async (t) => {
  const { bucket } = await setUp(t)
  const { events } = await watching(t, bucket)
  await events.one((it) => it === "caught up")
  t.strictSame(events.all, ["caught up"])
})

t.test(
  "after a restart of the server it is opened anew, and all that lives comes again",
  async (t) => {
    const { server, bucket } = await setUp(t)
    await bucket.put("a", value("1"))
    const { events } = await watching(t, bucket)
    await events.one((it) => it === "caught up")
    await server.restart()
    await events.one((it) => it === "restart")
    await events.until((all) => all.lastIndexOf("caught up") > all.indexOf("restart"))
    await bucket.put("b", value("1"))
    await events.one((it) => it === "b")
    t.ok(events.all.filter((it) => it === "a").length >= 2)
  },
)

t.test("after it was stopped it tells nothing, and leaves nothing running", async (t) => {
  const { connection, bucket } = await setUp(t)
  const { events, stop } = await watching(t, bucket)
  await events.one((it) => it === "caught up")
  stop()
  await bucket.put("a", value("1"))
  await connection.flush()
  t.strictSame(events.all, ["caught up"])
})

t.test("a watch on a bucket that is gone can't be opened, and says so", async (t) => {
  const { connection, bucket } = await setUp(t)
  await (await jetstreamManager(connection)).streams.delete("KV_pool_work")
  await t.rejects(bucket.watch({ heard: () => {} }))
})

t.test("it catches up while entries are replaced all the time", async (t) => {
  const { bucket } = await setUp(t)
  let isOver = false
  await bucket.put("a", value("1"))
  const writing = (async () => {
    for (let n = 0; !isOver; n++) await bucket.put(n % 2 === 0 ? "a" : "b", value(String(n)))
  })()
  for (let round = 0; round < 20; round++) {
    await Promise.all(Array.from({ length: 10 }, () => bucket.entries()))
  }
  isOver = true
  await writing
  t.strictSame(
    (await bucket.entries()).map(({ key }) => key),
    ["a", "b"],
  )
})
