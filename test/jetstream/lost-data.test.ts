/** A server that lost its data: what becomes of the terms. */
import { jetstreamManager } from "@nats-io/jetstream"
import { connect } from "nats"
import t, { type Test } from "tap"
import { remedyFor } from "../../src/doctor/doctor-terms.js"
import { openKvBucket } from "../../src/jetstream/kv-bucket.js"
import { isAtLeast } from "../../src/nats/server-version.js"
import { namesOf } from "../../src/protocol/names.js"
import { runPool } from "../fixtures/cli.js"
import { SHORT_LEASE_MS } from "../fixtures/leases.js"
import { testPool } from "../fixtures/pool.js"
import { until } from "../fixtures/until.js"

const TIMINGS = { leaseMs: SHORT_LEASE_MS }
const BUCKET = { memberTtlMs: 3 * SHORT_LEASE_MS, replicas: 1 }

async function terms(t: Test, url: string) {
  const args = ["doctor", "--servers", url, "--json", "--lease", `${SHORT_LEASE_MS}ms`]
  const { out } = await runPool(t, args)
  const found = out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line))
  return found.find(({ what }) => what === "terms")
}

t.test("a bucket that members make anew goes on above the terms they knew", async (t) => {
  const pool = await testPool(t)
  const { version, url } = pool.server
  const canBeginLater = isAtLeast(version, "2.10")
  await pool.join("a", TIMINGS)
  await pool.join("b", TIMINGS)
  // A reign whose term is above what two renewals of a new bucket come to.
  const connection = await connect({ servers: url })
  t.teardown(() => connection.close())
  const { streams } = await jetstreamManager(connection)
  await streams.purge("KV_pool_work", { seq: 5000 })
  const isAbove = () => pool.reigns.all.some(({ term = 0 }) => term >= 5000)
  await until("somebody leads above it", isAbove)
  const known = Math.max(...pool.reigns.all.map(({ term = 0 }) => term))
  const before = pool.reigns.all.length

  await pool.server.restart({ keepStore: false })
  const later = () => pool.reigns.all.slice(before).find(({ term }) => term !== undefined)
  await until("somebody leads again", () => later() !== undefined)
  const { term = 0 } = later() ?? {}
  if (canBeginLater) t.ok(term > known, `${term} is above ${known}`)
  else t.ok(term < known, "server 2.9 counts from 1")
  t.equal((await terms(t, url)).verdict, canBeginLater ? "ok" : "fail")
})

t.test(
  "where a newcomer made the bucket, each member that knew a higher term says so, once",
  async (t) => {
    const pool = await testPool(t)
    const { url } = pool.server
    await pool.join("a", TIMINGS)
    await pool.join("b", TIMINGS)
    const connection = await connect({ servers: url })
    t.teardown(() => connection.close())
    const { streams } = await jetstreamManager(connection)
    await streams.purge("KV_pool_work", { seq: 5000 })
    await until("all know the higher term", () =>
      ["a", "b"].every((name) =>
        pool.news.all.some((it) => it.name === name && (it.leader?.term ?? 0) >= 5000),
      ),
    )
    // Made at once by somebody who knows nothing.
    await streams.delete("KV_pool_work")
    await openKvBucket(connection, "pool_work", BUCKET)
    const said = () => pool.problems.filter((problem) => /known here/.test(problem))
    await until("both say so", () => said().length >= 2)
    t.match(said().sort(), [/^a: [ab] leads with term \d+, and 5\d\d\d is known here/, /^b: /])
    const found = await terms(t, url)
    t.match(found, {
      verdict: "fail",
      says: /^\d+ is below 5\d\d\d, known to (a, b|b, a|the history)/,
    })

    const [, seq] = /--seq (\d+)/.exec(found.remedy) ?? []
    await streams.purge("KV_pool_work", { seq: Number(seq) })
    await until("somebody leads above it", () =>
      pool.reigns.all.some(({ term = 0 }) => term >= Number(seq)),
    )
    await until("all is well", async () => (await terms(t, url)).verdict === "ok")
    t.equal(said().length, 2)
  },
)

t.test("revisions that are past what is known need no purge: another leader will do", async (t) => {
  const lower = { term: 4, known: 30, by: ["a"] }
  const names = namesOf("work")
  t.match(remedyFor(lower, names, 30), /purge KV_pool_work --seq 31 --force$/)
  t.match(remedyFor(lower, names, 31), /pool hand-over/, "a purge up to there takes nothing away")
})
