import t from "tap"
import { leafOf, leaseOf, replicasOf, serversOf, syncOf } from "../../src/doctor/cluster-checks.js"
import { type ClusterFacts, monitoredIn, type StreamFact } from "../../src/doctor/cluster-facts.js"

const other = (name: string) => ({ name, current: true, lag: 0 })

const BUCKET: StreamFact = {
  name: "KV_pool_work",
  replicas: 3,
  ageMs: 36_000,
  leader: "n1",
  others: [other("n2"), other("n3")],
}

const WELL: ClusterFacts = {
  isClustered: true,
  servers: ["n1", "n2", "n3"].map((name) => ({ name, version: "2.12.15" })),
  monitored: [],
  domain: undefined,
  bucket: BUCKET,
  streams: [],
}

function withBucket(change: Partial<StreamFact>): ClusterFacts {
  return { ...WELL, bucket: { ...BUCKET, ...change } }
}

function versions(...list: string[]): ClusterFacts {
  return { ...WELL, servers: list.map((version, n) => ({ name: `n${n + 1}`, version })) }
}

t.test("replicas: fewer than asked for, behind, offline, nowhere, without a leader", async (t) => {
  t.match(replicasOf(WELL, 3), { verdict: "ok", says: "3, led by n1, all current" })
  t.match(replicasOf(WELL, 5), {
    verdict: "fail",
    says: "3, and 5 are asked for",
    remedy: "each is on a server of its own: have 5 servers first",
  })
  const alone = withBucket({ replicas: 1, others: [] })
  t.match(replicasOf(alone), { verdict: "warn", says: /one copy in a cluster/ })
  t.match(replicasOf(alone, 3), { verdict: "fail", remedy: /--replicas 3/ })
  t.match(replicasOf({ ...alone, isClustered: false }), { says: "one, on a single server" })
  const others = [
    { ...other("n2"), current: false, lag: 7 },
    { ...other("n3"), current: false, offline: true },
  ]
  t.match(replicasOf(withBucket({ others })), {
    verdict: "fail",
    says: "KV_pool_work: n2 is behind by 7, KV_pool_work: n3 is offline",
  })
  t.match(replicasOf(withBucket({ others: [other("n2")] })), { says: /1 of 3 are on no server/ })
  t.match(replicasOf(withBucket({ leader: undefined })), { says: /nothing can be written/ })
  const history = { ...BUCKET, name: "POOL_work_history" }
  const fewer = { ...history, replicas: 1, others: [] }
  t.match(replicasOf({ ...WELL, streams: [fewer] }), {
    verdict: "warn",
    says: "the bucket has 3, POOL_work_history 1",
    remedy: "nats stream edit POOL_work_history --replicas 3",
  })
  t.match(replicasOf({ ...WELL, streams: [{ ...history, others }] }), { verdict: "fail" })
  t.match(replicasOf({ ...WELL, bucket: undefined }), { says: "no bucket yet" })
})

t.test("servers of different versions, and of versions that are known to be bad", async (t) => {
  t.match(serversOf(WELL), { verdict: "ok", says: "3 greet: n1 2.12.15, n2 2.12.15, n3 2.12.15" })
  t.match(serversOf(versions("2.12.15", "2.14.9")), { verdict: "warn", says: /^of different/ })
  t.match(serversOf(versions("2.12.4", "2.12.15")), { verdict: "warn", says: /below 2\.12\.5/ })
  t.match(serversOf(versions("2.12.9")), { verdict: "warn", says: /is advised$/ })
  t.match(serversOf(versions("2.14.8")), { verdict: "warn", says: /is advised$/ })
  t.match(serversOf(versions("2.14.9")), { verdict: "ok" })
  t.match(serversOf(versions("2.15.3")), { verdict: "ok" })
  const alone = { ...versions("2.10.27"), bucket: { ...BUCKET, replicas: 1 } }
  t.match(serversOf(alone), { verdict: "ok" }, "one replica is no trouble of theirs")
  t.equal(serversOf({ ...WELL, isClustered: false }), undefined)
})

t.test("a lease that is over before servers have elected", async (t) => {
  t.match(leaseOf(WELL), { verdict: "ok", says: /^12000 ms, longer than/ })
  t.match(leaseOf(withBucket({ ageMs: 6000 })), { verdict: "warn", remedy: /--lease 12s/ })
  t.match(leaseOf(withBucket({ ageMs: 27_000 })), { verdict: "warn" })
  t.equal(leaseOf(withBucket({ replicas: 1 })), undefined)
})

t.test("how long servers leave on its way to the disk what they acknowledged", async (t) => {
  const varz = (config: object) => monitoredIn({ server_name: "n1", jetstream: { config } })
  const two = [varz({ sync_interval: 120e9 }), varz({ sync_interval: 120e9, sync_always: true })]
  t.match(syncOf({ ...WELL, monitored: two }), {
    verdict: "warn",
    says: /^written to disk: n1 every 120 s; a power cut/,
    remedy: /sync_interval: always/,
  })
  t.match(syncOf({ ...WELL, monitored: two.slice(1) }), { verdict: "ok", says: /^always/ })
  t.match(syncOf(WELL), { verdict: "ok", says: /can't be seen from here/ })
  t.match(syncOf({ ...WELL, monitored: [varz({})] }), { says: /can't be seen/ })
  t.equal(syncOf({ ...WELL, isClustered: false }), undefined)
})

t.test("a leaf node without a domain", async (t) => {
  const varz = { server_name: "edge", leaf: { remotes: [{ url: "nats://hub:7422" }] } }
  const atLeaf = { ...WELL, monitored: [monitoredIn(varz)] }
  t.match(leafOf(atLeaf), { verdict: "fail", says: /^edge is one, it has no domain of its own/ })
  t.match(leafOf({ ...atLeaf, domain: "site" }), { says: /its own domain is site/ })
  t.match(leafOf(atLeaf, "hub"), { verdict: "ok" })
  t.equal(leafOf({ ...WELL, monitored: [monitoredIn({ leaf: {} })] }), undefined)
})

t.test("what monitoring says may be anything", async (t) => {
  for (const odd of [undefined, null, 7, "x", [], { jetstream: null, leaf: 7 }]) {
    t.strictSame(monitoredIn(odd), { name: "", isLeaf: false })
  }
})
