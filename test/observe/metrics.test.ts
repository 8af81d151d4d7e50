import t from "tap"
import { Metrics } from "../../src/observe/metrics.js"
import { namesOf } from "../../src/protocol/names.js"
import { SimpleWork } from "../../src/work/simple-work.js"
import { TrackedWork } from "../../src/work/tracked-work.js"
import { type Family, familiesIn, valueAt } from "../fixtures/exposition.js"
import { follower, leader } from "../fixtures/measured.js"
import { parties } from "../fixtures/parties.js"
import { TestReign } from "../fixtures/reign.js"

async function read(metrics: Metrics): Promise<Map<string, Family>> {
  return familiesIn(await metrics.text())
}

t.test("what is served has names, types and units as the field has them", async (t) => {
  const families = await read(new Metrics("work", "a", () => follower))
  const ours = [...families.values()].filter(({ name }) => name.startsWith("pool_"))
  t.matchOnly(Object.fromEntries(ours.map(({ name, type }) => [name, type])), {
    pool_build_info: "gauge",
    pool_has_leader: "gauge",
    pool_is_leader: "gauge",
    pool_leader_changes_total: "counter",
    pool_lead_lingering_seconds: "gauge",
    pool_lease_remaining_seconds: "gauge",
    pool_lease_renewal_duration_seconds: "histogram",
    pool_lease_renewals_total: "counter",
    pool_lease_seconds: "gauge",
    pool_member_info: "gauge",
    pool_ready: "gauge",
    pool_request_duration_seconds: "histogram",
    pool_request_errors_total: "counter",
    pool_requests_in_flight: "gauge",
    pool_requests_refused_total: "counter",
    pool_requests_total: "counter",
    pool_term: "gauge",
  })
  t.ok(families.has("nodejs_eventloop_lag_seconds"))
  t.ok(families.has("process_cpu_seconds_total"))
  for (const { samples } of ours) {
    for (const { labels } of samples) t.match(labels, { pool: "work", name: "a" })
  }
})

t.test("requests are counted by kind and outcome, errors by status", async (t) => {
  const metrics = new Metrics("work", "a", () => follower)
  const { simple, tracked } = metrics.requests
  for (const ms of [0.4, 3, 40]) {
    simple.began()
    simple.ended(ms)
  }
  for (const status of [500, 500, 504]) {
    tracked.began()
    tracked.ended(20_000, status)
  }
  simple.began()
  for (const status of [429, 429]) simple.refused(status)
  const families = await read(metrics)
  const value = (name: string, labels: Record<string, string>) => valueAt(families, name, labels)
  t.equal(value("pool_requests_total", { kind: "simple", outcome: "ok" }), 3)
  t.equal(value("pool_requests_total", { kind: "simple", outcome: "error" }), 0)
  t.equal(value("pool_requests_total", { kind: "tracked", outcome: "error" }), 3)
  t.equal(value("pool_request_errors_total", { kind: "tracked", status: "500" }), 2)
  t.equal(value("pool_request_errors_total", { kind: "tracked", status: "504" }), 1)
  t.equal(value("pool_requests_in_flight", { kind: "simple" }), 1)
  t.equal(value("pool_requests_in_flight", { kind: "tracked" }), 0)
  t.equal(value("pool_requests_refused_total", { kind: "simple", status: "429" }), 2)
  const bucket = (kind: string, le: string) =>
    value("pool_request_duration_seconds_bucket", { kind, le })
  t.strictSame([bucket("simple", "0.0005"), bucket("simple", "0.005")], [1, 2])
  t.strictSame([bucket("tracked", "10"), bucket("tracked", "30")], [0, 3])
  t.equal(value("pool_request_duration_seconds_sum", { kind: "simple" }), 0.0434)
  t.equal(valueAt(await read(metrics), "pool_requests_total", { kind: "simple", outcome: "ok" }), 3)
})

t.test(
  "who is turned away by a full member, or by one that leads no more, is counted",
  async (t) => {
    const metrics = new Metrics("work", "a", () => follower)
    const { simple, tracked } = metrics.requests
    const { ask, clock, join } = parties()
    const shared = { bus: join("a"), clock, member: { id: "a1", name: "a" } }
    const busy = new SimpleWork({
      ...{ ...shared, subject: "work", concurrency: 1, meter: simple },
      handler: () => new Promise(() => {}),
    })
    busy.open()
    const leaving = new TrackedWork({
      ...{ ...shared, names: namesOf("work"), meter: tracked },
      handler: () => "done",
    })
    leaving.open()
    leaving.begin(new TestReign(clock, 7))
    leaving.refuse()
    ask("work")
    t.match(await ask("work"), /^429/)
    t.match(await ask("work.leader"), /^409/)
    const families = await read(metrics)
    const refused = (kind: string, status: string) =>
      valueAt(families, "pool_requests_refused_total", { kind, status })
    t.strictSame([refused("simple", "429"), refused("tracked", "409")], [1, 1])
    t.equal(valueAt(families, "pool_requests_total", { kind: "tracked", outcome: "error" }), 0)
  },
)

t.test("renewals are counted by outcome, with how long they took", async (t) => {
  const metrics = new Metrics("work", "a", () => leader)
  metrics.renewed("acknowledged", 1)
  metrics.renewed("acknowledged", 2)
  metrics.renewed("unknown", 500)
  const families = await read(metrics)
  const count = (outcome: string) => valueAt(families, "pool_lease_renewals_total", { outcome })
  t.strictSame(["acknowledged", "refused", "unknown"].map(count), [2, 0, 1])
  t.equal(valueAt(families, "pool_lease_renewal_duration_seconds_count"), 3)
  t.equal(valueAt(families, "pool_lease_renewal_duration_seconds_sum"), 0.503)
})

t.test(
  "the leader shows its term and its lease, a follower neither leads nor has one",
  async (t) => {
    let now = leader
    const metrics = new Metrics("work", "a", () => now)
    const values = async () => {
      const families = await read(metrics)
      const names = ["is_leader", "has_leader", "term", "lease_seconds", "lease_remaining_seconds"]
      return names.map((name) => valueAt(families, `pool_${name}`))
    }
    t.strictSame(await values(), [1, 1, 7, 2, 1.5])
    now = { ...follower, standing: leader.standing }
    t.strictSame(await values(), [0, 0, 7, 2, 0], "the term is that of the last reign")
  },
)

t.test("each reign that is heard of is one change", async (t) => {
  const metrics = new Metrics("work", "a", () => follower)
  const heard = (term: number) =>
    metrics.heard({ leader: { id: `A${term}`, name: "a", term }, isSelf: false })
  heard(7)
  metrics.heard({ leader: undefined, isSelf: false, nobodySinceMs: 1 })
  heard(7)
  heard(9)
  t.equal(valueAt(await read(metrics), "pool_leader_changes_total"), 2)
})

t.test("a name is no part of the format, whatever it holds", async (t) => {
  const metrics = new Metrics("work", "a", () => ({ ...follower, host: 'a"b\\c\nd' }))
  const [info] = (await read(metrics)).get("pool_member_info")?.samples ?? []
  t.equal(info?.labels.host, 'a\\"b\\\\c\\nd')
})

t.test("for how long lead() has gone on after its reign is a metric", async (t) => {
  const told = { ...follower, lingeringMs: 1500 }
  t.equal(
    valueAt(await read(new Metrics("work", "a", () => told)), "pool_lead_lingering_seconds"),
    1.5,
  )
})
