import { readFileSync } from "node:fs"
import { jetstreamManager } from "@nats-io/jetstream"
import { Kvm } from "@nats-io/kv"
import { connect, type NatsConnection } from "nats"
import t, { type Test } from "tap"
import { examine } from "../../src/doctor/doctor.js"
import { openKvBucket } from "../../src/jetstream/kv-bucket.js"
import type { Role } from "../../src/operator/permissions.js"
import type { ClusteredServer } from "../../src/server-cluster/clustered-server.js"
import { joinPool } from "../../src/worker/worker.js"
import { runPool } from "../fixtures/cli.js"
import { credentialsOf, PERMISSIONS_FILE } from "../fixtures/guarded.js"
import { LONG_LEASE_MS } from "../fixtures/leases.js"
import { testPool } from "../fixtures/pool.js"
import { randomPort, testServer } from "../fixtures/server.js"
import { skipsClusters, testServers } from "../fixtures/servers.js"
import { until } from "../fixtures/until.js"

const skip = await skipsClusters()

interface Finding {
  readonly what: string
  readonly verdict: string
  readonly says: string
  readonly remedy?: string
}

/** What the doctor finds, by what it looked at. */
async function findings(t: Test, url: string, ...flags: string[]) {
  const args = ["doctor", "--servers", url, "--json", ...flags]
  const { code, out, err } = await runPool(t, args)
  const all = out.trim().split("\n").filter(Boolean)
  const list = all.map((line) => JSON.parse(line) as Finding)
  return { code, err, list, of: Object.fromEntries(list.map((it) => [it.what, it])) }
}

/** The same without a process, up to the clock. */
async function seenIn(connection: NatsConnection, pool: string) {
  const found: Record<string, Finding> = {}
  for await (const it of examine({ connection, pool, role: "worker", leaseMs: 2000 })) {
    found[it.what] = it
    if (it.what === "clock") break
  }
  return found
}

t.test("a pool that is well is well in every point", async (t) => {
  const pool = await testPool(t)
  await pool.join("a")
  await pool.join("b")
  const { code, list, of } = await findings(t, pool.server.url, "--lease", `${LONG_LEASE_MS}ms`)
  t.equal(code, 0)
  const points = ["connection", "server", "jetstream", "bucket", "replicas", "permissions", "clock"]
  t.strictSame(
    list.map(({ what }) => what),
    [...points, "round trip", "event loop", "terms", "pool", "if: leader", "if: server"],
  )
  // A machine that is busy with other tests may well be late.
  const unwell = list.filter(({ verdict, what }) => verdict !== "ok" && what !== "event loop")
  t.strictSame(unwell, [])
  t.match(of.pool, { says: /^[ab] leads, 2 are there$/ })
})

t.test("for people there is a line for each, and what to do below", async (t) => {
  const server = await testServer(t)
  const { code, out } = await runPool(t, ["doctor", "--servers", server.url])
  t.equal(code, 0, "a warning is no failure")
  t.match(out, /^ok {4}connection {3}127\.0\.0\.1:\d+ after \d+ ms$/m)
  t.match(out, /^ok {4}server {7}nats-server \d+\.\d+\.\d+$/m)
  t.match(out, /^warn {2}pool {9}nobody is there\n {19}do: start one with: pool worker$/m)
})

t.test("no server, and nothing more is looked at", async (t) => {
  const { code, list } = await findings(t, `nats://127.0.0.1:${randomPort()}`)
  t.equal(code, 1)
  t.match(list, [{ what: "connection", verdict: "fail", remedy: /start one with: pool server/ }])
  t.equal(list.length, 1)
})

t.test("a server without JetStream", async (t) => {
  const server = await testServer(t, { jetstream: false })
  const { code, of } = await findings(t, server.url)
  t.equal(code, 1)
  t.match(of.jetstream, { verdict: "fail", says: "JetStream is off", remedy: /--jetstream/ })
})

t.test("a bucket in memory, whose terms would begin anew", async (t) => {
  const server = await testServer(t)
  const connection = await connect({ servers: server.url })
  await new Kvm(connection).create("pool_work", { storage: "memory", ttl: 6000 } as never)
  await connection.close()
  const { code, of } = await findings(t, server.url)
  t.equal(code, 1)
  t.match(of.bucket, { verdict: "fail", says: /kept in memory/, remedy: /remove the bucket/ })
})

t.test(
  "limits that refuse or drop writes are named with what to do, by the doctor and by who joins",
  async (t) => {
    const server = await testServer(t)
    const connection = await connect({ servers: server.url })
    t.teardown(() => connection.close())
    const { streams } = await jetstreamManager(connection)
    const full = { max_msgs: 1, discard: "new" }
    const cases: Record<string, [object, RegExp, RegExp]> = {
      msgs: [full, /full, and it refuses every new one: max_msgs is 1/, /nats kv edit/],
      bytes: [{ max_bytes: 100 }, /full, and .*: max_bytes is 100/, /nats kv edit/],
      soon: [
        { max_msgs: 50, discard: "old" },
        /once it is full it drops .* max_msgs is 50/,
        /nats kv edit/,
      ],
      few: [{ max_consumers: 1 }, /only 1 may look at all members .* max_consumers/, /nats kv del/],
      small: [{ max_msg_size: 100 }, /up to 100 bytes.*max_msg_size/, /nats kv edit/],
      sealed: [{ sealed: true }, /sealed/, /nats kv del/],
      nothing: [{ retention: "interest" }, /keeps nothing .* interest/, /nats kv del/],
      strict: [
        { max_msgs_per_subject: 1, discard: "new", discard_new_per_subject: true },
        /refuses to replace/,
        /nats kv del/,
      ],
      mirror: [
        { mirror: { name: "KV_pool_msgs" } },
        /a mirror of KV_pool_msgs/,
        /remove the mirror/,
      ],
    }
    for (const [pool, [limits, says, remedy]] of Object.entries(cases)) {
      const name = `KV_pool_${pool}`
      const { sealed, ...config } = limits as { sealed?: boolean }
      const made = {
        ...{ name, subjects: [`$KV.pool_${pool}.>`], storage: "file", max_msgs_per_subject: 1 },
        ...{ max_age: 6e9, allow_direct: true, allow_rollup_hdrs: true, ...config },
      }
      if ("mirror" in made) made.subjects = []
      await streams.add(made as never)
      if (pool === "msgs") connection.publish("$KV.pool_msgs.x", "x")
      await connection.flush()
      if (sealed) await streams.update(name, { ...made, sealed } as never)
      const of = await seenIn(connection, pool)
      t.match(of.bucket, { verdict: "fail", says, remedy }, pool)
      t.notMatch(of.clock, { says: /\d{5} ms/ }, `${pool}: a time that was not read is none`)
      const isFatal = !["soon", "small", "few"].includes(pool)
      if (!isFatal) continue
      const bucket = openKvBucket(connection, `pool_${pool}`, { memberTtlMs: 6000, replicas: 1 })
      await t.rejects(bucket, { code: "unfit-bucket", message: says }, pool)
    }
  },
)

t.test("a bucket for another lease is a warning", async (t) => {
  const pool = await testPool(t)
  await pool.join("a", { leaseMs: 4000 })
  const { code, of } = await findings(t, pool.server.url)
  t.equal(code, 0)
  t.match(of.bucket, { verdict: "warn", says: /live 12000 ms, .* it should be 6000/ })
  const { of: same } = await findings(t, pool.server.url, "--lease", "4s")
  t.match(same.bucket, { verdict: "ok" })
})

t.test("the permission that is missing is named", async (t) => {
  const whole = readFileSync(PERMISSIONS_FILE, "utf8")
  const config = whole.replace(/"work\.heir\.\*"/, '"nothing"')
  const { url } = await testServer(t, { config })
  const flagsOf = (role: Role) => {
    const { user, password } = credentialsOf(role)
    return ["--user", user, "--password", password, "--role", role]
  }
  const { code, of } = await findings(t, url, ...flagsOf("worker"))
  t.equal(code, 1)
  t.match(of.permissions, {
    verdict: "fail",
    says: "a worker needs, and this user may not: publish work.heir.*",
    remedy: /deploy\/nats-permissions\.conf/,
  })
  const { code: fine, of: seen } = await findings(t, url, ...flagsOf("observer"))
  t.match({ fine, seen }, { fine: 0, seen: { permissions: { verdict: "ok" } } })
})

t.test(
  "an account that has no room for the streams of a pool is named before anybody joins",
  async (t) => {
    const none = "max_mem: 0, max_file: 0"
    const full = "max_file: 10M, max_streams: 1"
    const sized = "max_file: 10M, max_bytes_required: true"
    const accounts = Object.entries({ none, full, sized }).map(
      ([name, limits]) =>
        `${name}: { jetstream: { ${limits} }, users: [{ user: ${name}, password: x }] }`,
    )
    const config = `jetstream: {}\naccounts: { ${accounts.join("\n")}\n}`
    const { url } = await testServer(t, { config })
    const jetStreamOf = async (user: string, pool = "work") => {
      const connection = await connect({ servers: url, user, pass: "x" })
      t.teardown(() => connection.close())
      return { connection, is: async () => (await seenIn(connection, pool)).jetstream }
    }
    t.match(await (await jetStreamOf("none")).is(), { verdict: "fail", remedy: /raise max_file/ })
    t.match(await (await jetStreamOf("sized")).is(), {
      verdict: "fail",
      says: /^KV_pool_work and POOL_\S+ can't be made: this account wants max_bytes/,
    })
    const { connection, is } = await jetStreamOf("full")
    t.match(await is(), { verdict: "fail", says: /of 1 streams .* it has 0$/ })
    await openKvBucket(connection, "pool_work", { memberTtlMs: 6000, replicas: 1 })
    t.match(
      await is(),
      { verdict: "warn", says: /^POOL_\S+ can't be made: of 1 streams .* it has 1$/ },
      "without a history it works",
    )
    const bucket = openKvBucket(connection, "pool_other", { memberTtlMs: 6000, replicas: 1 })
    await t.rejects(bucket, {
      code: "bucket-refused",
      message:
        /^bucket pool_other: maximum number of streams reached; see what to do with: pool doctor$/,
    })
  },
)

t.test("three servers: all well, one away, and their monitoring", { skip }, async (t) => {
  const cluster = await testServers(t)
  const [n1, , n3] = cluster.servers as [ClusteredServer, ClusteredServer, ClusteredServer]
  const worker = await joinPool({ connect: { servers: cluster.urls }, replicas: 3 })
  t.teardown(() => worker.leave())
  const well = await findings(t, n1.url, "--replicas", "3")
  t.match(well.of.servers, { verdict: "ok", says: /^3 greet: n1 \S+, n2 \S+, n3 \S+$/ })
  t.match(well.of.lease, { verdict: "ok", says: /^12000 ms, longer/ })
  t.match(well.of["sync to disk"], { verdict: "ok", says: /can't be seen from here/ })
  t.match(well.of["if: majority"], { says: /2 of 3/ })
  t.match(
    well.of.bucket,
    { verdict: "ok" },
    "without --lease the one of three replicas is expected",
  )

  const seen = await findings(
    t,
    n1.url,
    "--monitoring",
    cluster.servers.map((it) => it.monitoringUrl).join(),
  )
  t.match(seen.of["sync to disk"], { verdict: "warn", says: /n1 every 120 s, n2 .*, n3 / })

  await n3.kill()
  await until("that n3 is away is seen", async () => {
    const { of } = await findings(t, n1.url)
    return of.replicas?.verdict === "fail" && /n3 is (offline|behind)/.test(of.replicas.says)
  })
})
