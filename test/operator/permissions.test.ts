import { readFileSync } from "node:fs"
import t, { type Test } from "tap"
import { PoolClient } from "../../src/client/client.js"
import { probe } from "../../src/doctor/probe.js"
import { findKvBucket, openKvBucket } from "../../src/jetstream/kv-bucket.js"
import { timingsOf } from "../../src/lease/timings.js"
import { handOver, order } from "../../src/operator/follow-order.js"
import { jobPermissionsOf, together } from "../../src/operator/job-permissions.js"
import { permissionsOf, ROLES, type Role } from "../../src/operator/permissions.js"
import { viewOf } from "../../src/operator/pool-view.js"
import { PoolWatch } from "../../src/operator/pool-watch.js"
import { sendOrder } from "../../src/operator/send-order.js"
import { encodeWord } from "../../src/protocol/claim.js"
import { CLAIM_KEY, namesOf } from "../../src/protocol/names.js"
import {
  connectedAs,
  credentialsOf,
  guardedPool,
  PERMISSIONS_FILE,
  refused,
} from "../fixtures/guarded.js"

const NAMES = namesOf("work")

/** A pool of two workers who joined as such. */
async function guarded(t: Test) {
  const pool = await guardedPool(t)
  const a = await pool.join("a")
  const b = await pool.join("b")
  await pool.claims.until((all) => all.at(-1)?.claim.heirs.length === 1)
  return { ...pool, a, b }
}

/** Everything that changes a pool, or tells its members something. */
function forbiddenTo(role: Role, id: string): string[] {
  const bucket = [
    `$KV.${NAMES.bucket}.${CLAIM_KEY}`,
    `$KV.${NAMES.bucket}.0000000000000001.mallory`,
    `$JS.API.STREAM.CREATE.KV_${NAMES.bucket}`,
    `$JS.API.STREAM.UPDATE.KV_${NAMES.bucket}`,
  ]
  const ruin = [
    `$JS.API.STREAM.DELETE.KV_${NAMES.bucket}`,
    `$JS.API.STREAM.PURGE.KV_${NAMES.bucket}`,
    `$JS.API.STREAM.MSG.DELETE.KV_${NAMES.bucket}`,
    `$JS.API.STREAM.CREATE.other`,
    "$KV.pool_mail.leader",
    "mail",
    "mail.control.x",
  ]
  const lies = [NAMES.claim, NAMES.heir(id), NAMES.history]
  const orders = [NAMES.control(id)]
  const work = [NAMES.leader]
  switch (role) {
    case "worker":
      return [...ruin, ...orders, ...work]
    case "requester":
      return [
        ...ruin,
        ...orders,
        ...bucket,
        ...lies,
        `$JS.API.STREAM.INFO.KV_${NAMES.bucket}`,
        "$SRV.PING",
      ]
    case "enqueuer":
      return [...ruin, ...orders, ...bucket, ...lies, ...work, NAMES.work, "$SRV.PING"]
    case "observer":
      return [...ruin, ...orders, ...bucket, ...lies, ...work, NAMES.work]
    case "operator":
      return [...ruin, ...bucket, ...lies, ...work, NAMES.work]
  }
}

t.test("the file gives each role what the code says it needs, and nothing else", async (t) => {
  const text = readFileSync(PERMISSIONS_FILE, "utf8").replace(/#.*$/gm, "")
  for (const role of ROLES) {
    const own = new RegExp(`user: ${role},[\\s\\S]*?(?=user:|$)`).exec(text)?.[0] ?? ""
    const listed = (verb: string) =>
      [
        ...(new RegExp(`${verb}: \\{ allow: \\[([^\\]]*)\\]`).exec(own)?.[1] ?? "").matchAll(
          /"([^"]+)"/g,
        ),
      ].map(([, subject]) => subject)
    const { publish, subscribe, isAnswering } = together(
      permissionsOf(role, NAMES),
      jobPermissionsOf(role, "work"),
    )
    t.strictSame(listed("publish"), publish, role)
    t.strictSame(listed("subscribe"), subscribe, role)
    t.equal(/allow_responses: true/.test(own), isAnswering, role)
  }
})

t.test("workers with no more than their permissions join, lead, hand over and leave", async (t) => {
  const { a, b, claims, problems } = await guarded(t)
  t.ok(a.isLeader)
  await a.handOver(b.id)
  await claims.one(({ claim }) => claim.id === b.id)
  await b.leave()
  await claims.until((all) => all.at(-1)?.claim.id === a.id)
  t.strictSame(problems, [])
})

t.test("a requester gets answers from any worker and from the leader", async (t) => {
  const { server } = await guarded(t)
  const client = await PoolClient.connect({ servers: server.url, ...credentialsOf("requester") })
  t.teardown(() => client.close())
  t.match((await client.work("x")).worker, /^[ab]$/)
  t.equal((await client.leaderWork("x")).worker, "a")
})

t.test("an observer sees members, leader and statistics", async (t) => {
  const { server, a } = await guarded(t)
  const connection = await connectedAs(t, server, "observer")
  const { members, standing } = await viewOf(connection, "work")
  t.strictSame(
    members.map(({ name }) => name),
    ["a", "b"],
  )
  t.equal(standing?.claim.id, a.id)
  const stats = await connection.request("$SRV.STATS.work-leader")
  t.match(stats.json(), { name: "work-leader", id: a.id })
})

t.test("an operator gives orders and sees what comes of them", async (t) => {
  const { server } = await guarded(t)
  const connection = await connectedAs(t, server, "operator")
  const watch = await PoolWatch.open(connection, "work")
  t.teardown(() => watch.stop())
  const giving = { bus: connection, pool: "work", watch, timeoutMs: 10_000 }
  t.match(await order(giving, "pause", "b"), { name: "b", ms: Number })
  t.match(await order(giving, "resume", "b"), { name: "b" })
  t.match(await handOver(giving, "b"), { leader: { name: "b" } })
})

for (const role of ROLES) {
  t.test(`a ${role} is refused everything else`, async (t) => {
    const { server, b } = await guarded(t)
    const connection = await connectedAs(t, server, role)
    const forbidden = forbiddenTo(role, b.id)
    t.strictSame((await refused(connection, forbidden)).toSorted(), forbidden.toSorted())
  })
}

t.test(
  "nobody but an operator can stop a worker, and nobody but a worker forge a claim",
  async (t) => {
    const { server, a, b } = await guarded(t)
    for (const role of ["worker", "requester", "observer"] as const) {
      const connection = await connectedAs(t, server, role)
      await t.rejects(sendOrder(connection, NAMES, b.id, { order: "stop" }), role)
      if (role === "worker") continue
      const bucket = await findKvBucket(connection, NAMES.bucket).catch(() => undefined)
      await t.rejects(
        Promise.resolve(
          bucket?.put(CLAIM_KEY, encodeWord({ id: "x", term: 1, revision: 1, reason: "" })) ??
            Promise.reject(new Error("no bucket to be seen")),
        ),
        role,
      )
      await t.rejects(openKvBucket(connection, "pool_other", timingsOf()), role)
    }
    t.ok(a.isLeader)
    const { members } = await viewOf(await connectedAs(t, server, "observer"), "work")
    t.strictSame(
      members.map(({ id }) => id),
      [a.id, b.id],
    )
  },
)

t.test("what is missing is named: each role tries what the others need", async (t) => {
  const { server } = await guarded(t)
  for (const role of ROLES) {
    const connection = await connectedAs(t, server, role)
    t.strictSame((await probe(connection, NAMES, permissionsOf(role, NAMES))).refused, [], role)
  }
  const observer = await connectedAs(t, server, "observer")
  const { refused: missing, untried } = await probe(
    observer,
    NAMES,
    permissionsOf("operator", NAMES),
  )
  t.strictSame(missing, ["publish work.control.*"])
  t.strictSame(untried, [])
  const requester = await connectedAs(t, server, "requester")
  const asWorker = await probe(requester, NAMES, permissionsOf("worker", NAMES))
  for (const it of [
    "subscribe work",
    "publish $KV.pool_work.>",
    "publish work.heir.*",
    "subscribe $SRV.*",
  ]) {
    t.ok(asWorker.refused.includes(it), it)
  }
})

t.test("looking for what is missing changes nothing and asks nobody for work", async (t) => {
  const { server, a, problems } = await guarded(t)
  const connection = await connectedAs(t, server, "worker")
  const before = await (await findKvBucket(connection, NAMES.bucket))?.entries()
  const { untried } = await probe(connection, NAMES, permissionsOf("worker", NAMES))
  t.strictSame(untried, ["publish work.claim", "publish work"])
  const after = await (await findKvBucket(connection, NAMES.bucket))?.entries()
  t.strictSame(
    after?.map(({ key }) => key),
    before?.map(({ key }) => key),
  )
  t.equal(a.member.counters.done, 0)
  t.strictSame(problems, [])
})
