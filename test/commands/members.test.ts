import { type KV, Kvm } from "@nats-io/kv"
import t, { type Test } from "tap"
import { span, table } from "../../src/commands/terminal/table.js"
import { runPool } from "../fixtures/cli.js"
import { type TestPool, testPool } from "../fixtures/pool.js"
import { requester } from "../fixtures/requester.js"
import { randomPort, testServer } from "../fixtures/server.js"

/** Runs `pool members` against the server of `pool`. */
function members(t: Test, { server }: Pick<TestPool, "server">, ...args: string[]) {
  return runPool(t, ["members", "--servers", server.url, ...args])
}

/** The bucket of the pool, to be written to by hand. */
async function bucketOf(t: Test, { server }: Pick<TestPool, "server">): Promise<KV> {
  return new Kvm(await requester(t, server.url)).create("pool_work")
}

t.test("members are listed by seniority, with who leads and who is next", async (t) => {
  const pool = await testPool(t)
  const [a, b, c] = await pool.joinAll("a", "b", "c")
  await pool.leads("a")
  await pool.heirsAre("b", "c")
  const { code, out, err } = await members(t, pool)
  t.match({ code, err }, { code: 0, err: "" })
  const rows = out
    .trim()
    .split("\n")
    .map((line) => line.split(/\s+/))
  t.strictSame(rows[0], ["NAME", "ROLE", "STATE", "UPTIME", "DONE", "HOST", "PID", "ID"])
  t.strictSame(
    rows.slice(1).map((row) => [row[0], row.at(-1)]),
    [
      ["a", a?.id],
      ["b", b?.id],
      ["c", c?.id],
    ],
  )
  t.strictSame(
    rows.slice(1).map((row) => row[1]),
    ["leader", "next", "ready"],
  )
})

t.test("--json prints one array, with all that an entry holds and the role", async (t) => {
  const pool = await testPool(t)
  const [a] = await pool.joinAll("a", "b")
  await pool.leads("a")
  await pool.heirsAre("b")
  const { out } = await members(t, pool, "--json")
  const [first, second] = JSON.parse(out)
  t.match(first, { name: "a", id: a?.id, host: String, pid: process.pid, role: "leader" })
  t.match(first, { start: a?.member.start, state: "ready", labels: {}, counters: { done: 0 } })
  t.match(second, { name: "b", role: "next" })
})

t.test("a member whose lead() goes on after its reign is listed as one that lingers", async (t) => {
  const server = await testServer(t)
  const bucket = await bucketOf(t, { server })
  const entry = { id: "A", eligible: false, lingering: { term: 7 } }
  await bucket.put("1700000000000000.a", JSON.stringify(entry))
  t.match((await members(t, { server })).out, /^a +lingers /m)
  t.match(JSON.parse((await members(t, { server }, "--json")).out), [entry])
  const doctor = ["doctor", "--servers", server.url, "--json"]
  t.match(
    (await runPool(t, doctor)).out,
    /"warn","says":"may not lead, for lead\(\) .*: a \(term 7\)"/,
  )
})

t.test("an empty pool is exit code 3, and so is no server", async (t) => {
  const server = await testServer(t)
  const none = 'pool: no workers: pool "work" has no ready members; start one with: pool worker\n'
  t.strictSame(await members(t, { server }), { code: 3, out: "", err: none })
  t.strictSame(await members(t, { server }, "--json"), { code: 3, out: "[]\n", err: none })
  const nowhere = ["members", "--servers", `127.0.0.1:${randomPort()}`]
  t.match(await runPool(t, nowhere), { code: 3, out: "", err: /^pool: no NATS server at .*\n$/ })
})

t.test("entries that can't be read are named, and the others are listed", async (t) => {
  const pool = await testPool(t)
  await pool.join("a")
  const bucket = await bucketOf(t, pool)
  await bucket.put("1700000000000000.bad", "{{{")
  await bucket.put("notes", "hands off")
  const newer = { id: "N", version: 99, host: "\u001b[2Jx", shape: 1 }
  await bucket.put("1700000000000001.new", JSON.stringify(newer))
  const { code, out, err } = await members(t, pool)
  t.equal(code, 0)
  t.strictSame(err.trim().split("\n"), [
    `pool: ignored the entry "1700000000000000.bad": this version can't read it`,
    `pool: ignored the entry "notes": this version can't read it`,
  ])
  const names = out
    .trim()
    .split("\n")
    .map((line) => line.split(" ", 1)[0])
  t.strictSame(names, ["NAME", "new", "a"])
  t.notMatch(out, "\u001b", "what others wrote does not steer the terminal")
  const json = JSON.parse((await members(t, pool, "--json")).out)
  t.match(json[0], { name: "new", version: 99, shape: 1 }, "unknown fields are shown as they are")
})

t.test("a thousand members are listed, all of them", async (t) => {
  const server = await testServer(t)
  const bucket = await bucketOf(t, { server })
  const entry = (n: number) => bucket.put(`${1_700_000_000_000_000 + n}.w${n}`, `{"id":"m${n}"}`)
  await Promise.all(Array.from({ length: 1000 }, (_, n) => entry(n)))
  const { code, out } = await members(t, { server })
  t.equal(code, 0)
  const names = out
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => line.split(" ", 1)[0])
  t.strictSame(
    names,
    Array.from({ length: 1000 }, (_, n) => `w${n}`),
  )
})

t.test("a table is aligned by what is seen, in any script", async (t) => {
  const columns = [
    { title: "HOST", of: ({ host }: { host: string; n: number }) => host },
    { title: "N", of: ({ n }: { n: number }) => String(n), right: true },
  ]
  const rows = [
    { host: "日本語", n: 7 },
    { host: "Ζεύς", n: 10 },
    { host: "مضيف", n: 3 },
  ]
  const plain = [
    { host: "web-1", n: 7 },
    { host: "db", n: 10 },
  ]
  t.equal(await table(columns, plain), "HOST    N\nweb-1   7\ndb     10")
  t.equal(await table(columns, rows), "HOST     N\n日本語   7\nΖεύς    10\nمضيف     3")
})

t.test("where there is not room for all, the columns that matter least are left out", async (t) => {
  interface Row { readonly a: string; readonly b: string; readonly c: string } // biome-ignore format: one line
  const columns = [
    { title: "A", of: ({ a }: Row) => a },
    { title: "B", of: ({ b }: Row) => b, leaves: 2 },
    { title: "C", of: ({ c }: Row) => c, leaves: 1 },
  ]
  const rows = [{ a: "日本語日本語", b: "bbbb", c: "cc" }]
  const shown = async (width: number) => (await table(columns, rows, width)).split("\n").at(-1)
  t.equal(await shown(22), "日本語日本語  bbbb  cc")
  t.equal(await shown(21), "日本語日本語  cc")
  t.equal(await shown(16), "日本語日本語  cc")
  t.equal(await shown(15), "日本語日本語")
  t.equal(await shown(11), "日本語日本…", "and in the end the line is cut")
  t.equal(await shown(8), "日本語…")
})

t.test("a span of time is told in two units at most", async (t) => {
  const s = 1000
  t.strictSame(
    [-5, 0, 59.9 * s, 60 * s, 3599 * s, 3600 * s, 86_399 * s, 86_400 * s * 2.5].map(span),
    ["0s", "0s", "59s", "1m00s", "59m59s", "1h00m", "23h59m", "2d12h"],
  )
})
