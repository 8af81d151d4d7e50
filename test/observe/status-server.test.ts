import { once } from "node:events"
import { createServer } from "node:http"
import { type AddressInfo, connect } from "node:net"
import t from "tap"
import { PoolClient } from "../../src/client/client.js"
import { joinPool, type PoolWorker } from "../../src/worker/worker.js"
import { familiesIn, valueAt } from "../fixtures/exposition.js"
import { testLocal } from "../fixtures/local.js"
import { until } from "../fixtures/until.js"

async function get(url = "", path = "", init: RequestInit = {}) {
  const { status, headers, ...answer } = await fetch(url + path, init).then(async (it) => ({
    status: it.status,
    headers: it.headers,
    text: await it.text(),
  }))
  return { status, type: headers.get("content-type"), headers, ...answer }
}

async function json(worker: PoolWorker | undefined, path: string): Promise<[number, unknown]> {
  const { status, text } = await get(worker?.httpUrl, path)
  return [status, JSON.parse(text)]
}

/** What three pages say of a worker: `[200, 200, 503]` for healthz, readyz and leader. */
async function statuses(worker: PoolWorker | undefined): Promise<number[]> {
  const pages = ["/healthz", "/readyz", "/leader"].map((path) => get(worker?.httpUrl, path))
  return (await Promise.all(pages)).map(({ status }) => status)
}

t.test("the leader says so, and the others say who it is", async (t) => {
  const { joinAll, clock } = testLocal(t, { http: 0 })
  const [a, b] = await joinAll("a", "b")
  await clock.pass(200)
  t.strictSame(await statuses(a), [200, 200, 200])
  t.strictSame(await statuses(b), [200, 200, 503])
  const { id, leadership, leader } = a as PoolWorker
  const who = { pool: "work", name: "a", id, term: leadership?.term, since: leader?.claim.since }
  t.match(await json(a, "/leader"), [200, { ...who, remainingMs: Number }])
  t.strictSame(await json(b, "/leader"), [503, who])
})

t.test("one that is paused or cut off is not ready, and healthy all the same", async (t) => {
  const { joinAll, clock, connection } = testLocal(t, { http: 0 })
  const [a, b] = await joinAll("a", "b")
  await clock.pass(200)
  b?.pause()
  t.strictSame(await statuses(b), [200, 503, 503])
  t.equal((await get(b?.httpUrl, "/readyz")).text, "not ok: paused\n")
  b?.resume()
  connection("b", false)
  t.strictSame(await statuses(b), [200, 503, 503])
  t.equal((await get(b?.httpUrl, "/readyz")).text, "not ok: disconnected from the server\n")
  connection("b", true)
  t.strictSame(await statuses(b), [200, 200, 503])
  t.strictSame(await statuses(a), [200, 200, 200])
})

t.test(
  "a leader that can't renew is unhealthy while it holds the claim, and no longer",
  async (t) => {
    const { joinAll, clock, bucketOf } = testLocal(t, { http: 0 })
    const [a] = await joinAll("a")
    await clock.pass(200)
    bucketOf("a").state = "hangs"
    await clock.pass(1400)
    t.strictSame(await statuses(a), [503, 200, 200])
    t.match(
      (await get(a?.httpUrl, "/healthz")).text,
      /^not ok: holds the claim of term \d+ and could/,
    )
    await clock.pass(600)
    t.strictSame(await statuses(a), [200, 200, 503])
    const [, report] = await json(a, "/leader")
    t.match(report, { pool: "work", reason: "lease over", nobodySinceMs: Number })
    bucketOf("a").state = "works"
    await clock.pass(3000)
    t.strictSame(await statuses(a), [200, 200, 200])
  },
)

t.test("one whose event loop stood still for longer than its lease says so", async (t) => {
  // A lease so long that asking takes no time beside it, for what is measured here is real time.
  const { join, clock } = testLocal(t, { http: 0, leaseMs: 1500 })
  const a = await join("a")
  await clock.pass(200)
  const until = performance.now() + 2000
  while (performance.now() < until);
  const { status, text } = await get(a.httpUrl, "/healthz")
  t.equal(status, 503)
  const told =
    /^not ok: its event loop stood still for (\d+\.\d)s, longer than the lease of 1\.5s\n$/
  t.ok(Number(told.exec(text)?.[1]) >= 1.5, text)
})

t.test("while it drains it is not ready; when it has left nobody answers", async (t) => {
  const { join, clock, local, during } = testLocal(t, { http: 0 })
  let finish: (answer: string) => void = () => {}
  const a = await join("a", { work: () => new Promise((resolve) => (finish = resolve)) })
  await clock.pass(200)
  const client = PoolClient.local({ local })
  const answer = client.work("")
  await clock.pass(10)
  const left = a.leave()
  await clock.pass(10)
  t.strictSame(await statuses(a), [200, 503, 503])
  t.equal((await get(a.httpUrl, "/readyz")).text, "not ok: draining\n")
  finish("done")
  t.equal((await during(100, answer)).text(), "done")
  await during(100, left)
  await t.rejects(get(a.httpUrl, "/healthz"), { cause: { code: "ECONNREFUSED" } })
  await client.close()
})

t.test("who connects and says nothing does not keep it from leaving", async (t) => {
  const { join, clock, during } = testLocal(t, { http: 0 })
  const a = await join("a")
  await clock.pass(200)
  const silent = connect(Number(new URL(a.httpUrl ?? "").port), "127.0.0.1")
  await once(silent, "connect")
  const closed = once(silent, "close")
  silent.resume()
  await during(200, a.leave())
  await closed
})

t.test("what a worker did is measured, by kind, over its restarts", async (t) => {
  const { join, clock, local, during } = testLocal(t, { http: 0 })
  const a = await join("a", {
    work: (job) => job.text(),
    leaderWork: () => Promise.reject(new Error("no luck")),
  })
  await clock.pass(200)
  const client = PoolClient.local({ local })
  await during(10, client.work("x"))
  const failed = client.leaderWork("x").catch((error) => error)
  t.match(await during(10, failed), { status: 500 })
  await during(500, a.restart())
  await during(10, client.work("y"))
  await clock.pass(3000)
  const families = familiesIn((await get(a.httpUrl, "/metrics")).text)
  const value = (name: string, labels = {}) => valueAt(families, `pool_${name}`, labels)
  t.equal(value("requests_total", { kind: "simple", outcome: "ok" }), 2)
  t.equal(value("request_errors_total", { kind: "tracked", status: "500" }), 1)
  t.equal(value("request_duration_seconds_count", { kind: "simple" }), 2)
  t.equal(value("requests_in_flight", { kind: "simple" }), 0)
  t.ok(value("lease_renewals_total", { outcome: "acknowledged" }) > 3)
  t.equal(value("lease_renewals_total", { outcome: "unknown" }), 0)
  t.equal(value("leader_changes_total"), 2)
  t.match([value("is_leader"), value("term"), value("ready")], [1, a.leadership?.term, 1])
  t.equal(value("member_info", { id: a.id }), 1)
  await client.close()
})

t.test("a renewal that nobody answers is counted as one whose fate is unknown", async (t) => {
  const { join, clock, bucketOf } = testLocal(t, { http: 0 })
  const a = await join("a")
  await clock.pass(200)
  bucketOf("a").state = "hangs"
  await clock.pass(1700)
  const families = familiesIn((await get(a.httpUrl, "/metrics")).text)
  t.ok(valueAt(families, "pool_lease_renewals_total", { outcome: "unknown" }) >= 2)
  bucketOf("a").state = "works"
})

t.test("other paths are told what there is; HEAD is answered, POST is not", async (t) => {
  const { join } = testLocal(t, { http: 0 })
  const { httpUrl = "" } = await join("a")
  for (const path of ["/", "/metric", "/healthz/", "/constructor", "//x"]) {
    const { status, text } = await get(httpUrl, path)
    t.equal(status, 404, path)
    t.equal(text, `there is no ${path}; there are /healthz /readyz /leader /metrics\n`)
  }
  t.equal((await get(httpUrl, "/readyz?probe=1")).status, 200)
  for (const path of ["/healthz", "/readyz", "/leader", "/metrics"]) {
    const [head, whole] = [await get(httpUrl, path, { method: "HEAD" }), await get(httpUrl, path)]
    t.match(head, { status: whole.status, type: whole.type, text: "" }, path)
    t.equal(whole.headers.get("cache-control"), "no-store")
    const post = await get(httpUrl, path, { method: "POST" })
    t.equal(post.status, 405)
    t.equal(post.headers.get("allow"), "GET, HEAD")
  }
})

t.test("it starts as not ready, before it has joined", async (t) => {
  const { local, clock, bucketOf } = testLocal(t)
  let letJoin = () => {}
  const mayJoin = new Promise<void>((resolve) => {
    letJoin = resolve
  })
  const backend = local.backend.bind(local)
  local.backend = (...of) => {
    const made = backend(...of)
    const { put } = bucketOf("a")
    bucketOf("a").put = (...entry) => mayJoin.then(() => put(...entry))
    return made
  }
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const joining = joinPool({ local, name: "a", http: port })
  await until("it listens", () => get(url, "/readyz").then(Boolean, () => false))
  t.equal((await get(url, "/readyz")).text, "not ok: starting\n")
  t.equal((await get(url, "/healthz")).status, 200)
  t.match(JSON.parse((await get(url, "/leader")).text), { pool: "work", name: undefined })
  letJoin()
  const a = await joining
  await clock.pass(200)
  t.strictSame(await statuses(a), [200, 200, 200])
  await Promise.all([a.leave(), clock.pass(1000)])
})

t.test("what can't be listened on is an error before anything has joined", async (t) => {
  const { local, join } = testLocal(t)
  const a = await join("a", { http: 0 })
  const taken = Number(new URL(a.httpUrl ?? "").port)
  await t.rejects(joinPool({ local, name: "b", http: taken }), {
    code: "cannot-listen",
    address: `127.0.0.1:${taken}`,
    message: `http: can't listen on 127.0.0.1:${taken}: the port is in use; name another one`,
  })
  await t.rejects(joinPool({ local, name: "b", http: "192.0.2.1:9100" }), {
    message: /the host is not an address of this machine/,
  })
  await t.rejects(joinPool({ local, name: "b", http: "nine" }), { code: "bad-input", what: "http" })
  const entries = await local.bucket("work")?.entries()
  t.strictSame(
    entries?.map(({ key }) => key.split(".")[1]).filter((it) => it === "b"),
    [],
  )
})

t.test("one that could not join does not listen any more", async (t) => {
  const port = await freePort()
  const refused = joinPool({ connect: { servers: `127.0.0.1:${await freePort()}` }, http: port })
  await t.rejects(refused, { code: "no-server" })
  await t.rejects(get(`http://127.0.0.1:${port}`, "/healthz"), { cause: { code: "ECONNREFUSED" } })
})

t.test("without a port nothing listens", async (t) => {
  const { join } = testLocal(t)
  t.equal((await join("a")).httpUrl, undefined)
})

/** A port that nobody listened on a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
