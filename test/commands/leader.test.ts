import t, { type Test } from "tap"
import { runPool, startPool } from "../fixtures/cli.js"
import { LONG_LEASE_MS } from "../fixtures/leases.js"
import { type TestPool, testPool } from "../fixtures/pool.js"
import { testServer } from "../fixtures/server.js"

/** Runs `pool leader` against the server of `pool`. */
function leader(t: Test, { server }: Pick<TestPool, "server">, ...args: string[]) {
  return runPool(t, ["leader", "--servers", server.url, ...args])
}

t.test("the leader is printed with its term, since when and why", async (t) => {
  const pool = await testPool(t)
  await pool.joinAll("a", "b")
  const term = await pool.leads("a")
  await pool.heirsAre("b")
  const { code, out, err } = await leader(t, pool)
  t.match({ code, err }, { code: 0, err: "" })
  t.match(out, new RegExp(`^a {2}term ${term} {2}since 20\\d\\d-.*Z {2}a leads: .*; b next: .*\n$`))
})

t.test("--json has name, id, term, since and heirs", async (t) => {
  const pool = await testPool(t)
  const [a, b] = await pool.joinAll("a", "b")
  const term = await pool.leads("a")
  await pool.heirsAre("b")
  const said = JSON.parse((await leader(t, pool, "--json")).out)
  const lasting = { since: /^20\d\d-/, lease: LONG_LEASE_MS }
  t.match(said, { name: "a", id: a?.id, term, ...lasting, strategy: "oldest" })
  t.strictSame(said.heirs, [{ name: "b", id: b?.id, key: b?.member.key }])
})

t.test("nobody who leads is exit code 3", async (t) => {
  const server = await testServer(t)
  t.strictSame(await leader(t, { server }), {
    code: 3,
    out: "",
    err: 'pool: no leader: nobody leads pool "work"; see who is there with: pool members\n',
  })
})

t.test("--watch prints a line for each change, until Ctrl-C", async (t) => {
  const pool = await testPool(t)
  const [a] = await pool.joinAll("a", "b")
  await pool.leads("a")
  await pool.heirsAre("b")
  const watching = startPool(t, ["leader", "--watch", "--json", "--servers", pool.server.url])
  await watching.says(/"name":"a"/)
  await a?.leave()
  await watching.says(/"name":"b"/)
  watching.child.kill("SIGINT")
  const { code, out, err } = await watching.ended()
  t.match({ code, err }, { code: 0, err: "" })
  const lines = out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line))
  t.equal(lines[0].name, "a")
  t.equal(lines.at(-1).name, "b")
  t.ok(lines.at(-1).term > lines[0].term)
})

t.test("--watch ends when nobody reads it", async (t) => {
  const pool = await testPool(t)
  const a = await pool.join("a")
  await pool.leads("a")
  const watching = startPool(t, ["leader", "--watch", "--servers", pool.server.url])
  await watching.says(/^a {2}term/)
  watching.child.stdout?.destroy()
  await pool.join("b")
  await pool.heirsAre("b")
  await a.handOver()
  t.match(await watching.ended(), { code: 0, err: "" })
})

t.test("--watch says when nothing is heard any more, and when it is again", async (t) => {
  const pool = await testPool(t)
  await pool.join("a")
  await pool.leads("a")
  const watching = startPool(t, ["leader", "--watch", "--servers", pool.server.url])
  await watching.says(/^a {2}term/)
  await pool.server.restart()
  await watching.says(/^pool: lost the connection to 127\.0\.0\.1:\d+$/m)
  await watching.says(/^pool: connected again, to 127\.0\.0\.1:\d+, after /m)
  watching.child.kill("SIGINT")
  t.match(await watching.ended(), { code: 0 })
})
