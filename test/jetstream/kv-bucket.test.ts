import { jetstreamManager } from "@nats-io/jetstream"
import { Kvm } from "@nats-io/kv"
import { connect, type NatsConnection, nanos, type QueuedIterator, type Status } from "nats"
import t, { type Test } from "tap"
import type { Adjustment } from "../../src/contracts/bucket.js"
import { NoJetStream, RevisionMismatch } from "../../src/errors/errors.js"
import { bucketSettingsOf } from "../../src/jetstream/bucket-settings.js"
import { findKvBucket, openKvBucket } from "../../src/jetstream/kv-bucket.js"
import { HEADROOM } from "../../src/jetstream/recreate-bucket.js"
import { isAtLeast } from "../../src/nats/server-version.js"
import { type TestServer, testServer } from "../fixtures/server.js"
import { until } from "../fixtures/until.js"

const TIMINGS = { memberTtlMs: 6000, replicas: 1 }
const value = (text: string) => new TextEncoder().encode(text)
const text = (bytes: Uint8Array | undefined) => bytes && new TextDecoder().decode(bytes)

async function connected(t: Test, server: TestServer) {
  const connection = await connect({
    servers: server.url,
    reconnectTimeWait: 20,
    maxReconnectAttempts: -1,
  })
  t.teardown(() => connection.close())
  return connection
}

/** What is sent before that may be lost with the old connection. */
async function reconnected(connection: NatsConnection): Promise<void> {
  for await (const { type } of connection.status()) if (type === "reconnect") return
}

type Closable = QueuedIterator<Status> & { readonly iterClosed: Promise<unknown> }

async function setUp(t: Test) {
  const server = await testServer(t)
  const connection = await connected(t, server)
  const bucket = await openKvBucket(connection, "pool_work", TIMINGS)
  return { server, connection, bucket }
}

t.test("a new bucket has the pool's settings: history 1, its ttl, on file", async (t) => {
  const { connection } = await setUp(t)
  t.strictSame(await bucketSettingsOf(connection, "pool_work"), {
    ttlMs: 6000,
    replicas: 1,
    history: 1,
  })
  const { config } = await (await jetstreamManager(connection)).streams.info("KV_pool_work")
  t.equal(config.storage, "file")
})

t.test(
  "a bucket that exists with another ttl and history is adjusted, and each is reported",
  async (t) => {
    const server = await testServer(t)
    const connection = await connected(t, server)
    await new Kvm(connection).create("pool_work", { ttl: 60_000, history: 5 })
    const adjusted: Adjustment[] = []
    await openKvBucket(connection, "pool_work", TIMINGS, (it) => adjusted.push(it))
    t.strictSame(adjusted, [
      { setting: "ttlMs", was: 60_000, is: 6000 },
      { setting: "history", was: 5, is: 1 },
    ])
    t.strictSame(await bucketSettingsOf(connection, "pool_work"), {
      ttlMs: 6000,
      replicas: 1,
      history: 1,
    })
  },
)

t.test("a bucket that is as it should be is left alone, and what is in it stays", async (t) => {
  const { connection, bucket } = await setUp(t)
  await bucket.put("a", value("1"))
  const again = await openKvBucket(connection, "pool_work", TIMINGS, () => t.fail("adjusted"))
  t.equal(text((await again.get("a"))?.value), "1")
})

t.test("a purge leaves a mark like a deletion, and such entries are not listed", async (t) => {
  const { connection, bucket } = await setUp(t)
  await bucket.put("a", value("1"))
  await bucket.put("b", value("1"))
  const kv = await new Kvm(connection).open("pool_work")
  await kv.purge("a")
  t.match(await bucket.get("a"), { deleted: true })
  t.strictSame(
    (await bucket.entries()).map(({ key }) => key),
    ["b"],
  )
})

t.test("a listing leaves no watch behind", async (t) => {
  const { bucket, connection } = await setUp(t)
  let open = 0
  const { status } = connection
  connection.status = () => {
    open += 1
    const statuses = status.call(connection) as Closable
    statuses.iterClosed.then(() => {
      open -= 1
    })
    return statuses
  }
  t.strictSame(await bucket.entries(), [])
  await until("no watch is left", () => open === 0)
})

t.test("revisions go on after a restart of the server: terms never run backwards", async (t) => {
  const { server, connection, bucket } = await setUp(t)
  for (let n = 0; n < 5; n++) await bucket.put("a", value(String(n)))
  const before = (await bucket.get("a"))?.revision ?? 0
  const back = reconnected(connection)
  await server.restart()
  await back
  t.ok((await bucket.put("a", value("after"))) > before)
})

t.test(
  "a bucket that was deleted is read as empty, and created anew by the next write, above all that was known",
  async (t) => {
    const { connection, bucket } = await setUp(t)
    const revision = await bucket.put("leader", value("1"))
    await bucket.put("leader", value("2"))
    bucket.reached?.(77)
    await (await jetstreamManager(connection)).streams.delete("KV_pool_work")
    t.equal(await bucket.get("leader"), undefined)
    await t.rejects(bucket.write("leader", value("3"), revision + 1), RevisionMismatch)
    const anew = await bucket.write("leader", value("3"), 0)
    const canBeginLater = isAtLeast(connection.info?.version ?? "", "2.10")
    t.equal(anew, canBeginLater ? 77 + HEADROOM : 1)
    t.match(await bucketSettingsOf(connection, "pool_work"), { ttlMs: 6000, history: 1 })
  },
)

t.test("one who only looks creates no bucket", async (t) => {
  const server = await testServer(t)
  const connection = await connected(t, server)
  t.equal(await findKvBucket(connection, "pool_work"), undefined)
  t.equal(await bucketSettingsOf(connection, "pool_work"), undefined)
  await openKvBucket(connection, "pool_work", TIMINGS)
  t.ok(await findKvBucket(connection, "pool_work"))
})

t.test("where JetStream is off the error says so, and what to do", async (t) => {
  const server = await testServer(t, { jetstream: false })
  const connection = await connected(t, server)
  await t.rejects(openKvBucket(connection, "pool_work", TIMINGS), NoJetStream)
  await t.rejects(findKvBucket(connection, "pool_work"), /start the server with --jetstream/)
})

t.test(
  "the ttl is stored to the nanosecond, so that it compares equal the next time",
  async (t) => {
    const { connection } = await setUp(t)
    const { config } = await (await jetstreamManager(connection)).streams.info("KV_pool_work")
    t.equal(config.max_age, nanos(6000))
  },
)

t.test(
  "who decides by what it reads asks the stream's leader, and who only looks anybody",
  async (t) => {
    const { url } = await testServer(t)
    const [connection, tap] = await Promise.all([
      connect({ servers: url }),
      connect({ servers: url }),
    ])
    t.teardown(() => Promise.all([connection.close(), tap.close()]))
    const asked: string[] = []
    for (const subject of ["$JS.API.STREAM.MSG.GET.>", "$JS.API.DIRECT.GET.>"]) {
      tap.subscribe(subject, { callback: (_error, { subject }) => void asked.push(subject) })
    }
    await tap.flush()
    const bucket = await openKvBucket(connection, "pool_work", { memberTtlMs: 6000, replicas: 1 })
    const revision = await bucket.put("leader", new TextEncoder().encode("text"))
    t.match(await bucket.get("leader"), { revision, deleted: false, evicted: false })
    await bucket.remove("leader", revision, true)
    t.match(await bucket.get("leader"), { deleted: true, evicted: true })
    t.equal(await bucket.get("nothing"), undefined)
    await connection.flush()
    await tap.flush()
    t.ok(asked.length >= 3)
    t.ok(
      asked.every((subject) => subject === "$JS.API.STREAM.MSG.GET.KV_pool_work"),
      `${asked}`,
    )
    asked.length = 0
    const looker = await findKvBucket(connection, "pool_work")
    t.match(await looker?.get("leader"), { deleted: true, evicted: true })
    await tap.flush()
    t.strictSame(asked, ["$JS.API.DIRECT.GET.KV_pool_work.$KV.pool_work.leader"])
  },
)
