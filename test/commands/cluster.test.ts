import { once } from "node:events"
import { readdirSync, readFileSync } from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import t from "tap"
import { runPool, startPool } from "../fixtures/cli.js"
import { isAlive } from "../fixtures/programs.js"
import { testServer } from "../fixtures/server.js"

t.test("a server that runs already is used, and left running", async (t) => {
  const theirs = await testServer(t)
  const args = ["cluster", "--workers", "1", "--port", String(theirs.port)]
  const cluster = startPool(t, args, { ownGroup: true })
  await cluster.says(/ a {2}leads/)
  process.kill(-cluster.pid, "SIGINT")
  t.match(await cluster.ended(), {
    code: 0,
    err: `nats-server ${theirs.version} runs at ${theirs.url} already; it is used, and not stopped\n`,
  })
  t.ok(isAlive(theirs.pid))
})

t.test("with --json every event is an object, those of the end included", async (t) => {
  const server = await testServer(t)
  const cluster = startPool(t, ["cluster", "--workers", "1", "--json", "--servers", server.url])
  await cluster.says(/"leads"/)
  cluster.child.kill("SIGTERM")
  const { out } = await cluster.ended()
  const events = out.trim().split("\n").map((line) => JSON.parse(line)) // biome-ignore format: one line
  t.strictSame(
    events.map(({ worker, event }) => `${worker} ${event}`),
    ["a joined", "a leads", "a left"],
  )
})

t.test("each worker's log is in a file of its own", async (t) => {
  const server = await testServer(t)
  const cluster = startPool(t, ["cluster", "--workers", "2", "--servers", server.url])
  await cluster.says(/ b {2}joined/)
  await cluster.says(/ a {2}leads/)
  cluster.child.kill("SIGTERM")
  await cluster.ended()
  const logs = join(cluster.folder, ".pool/logs")
  t.strictSame(readdirSync(logs).sort(), ["a.log", "b.log"])
  t.match(readFileSync(join(logs, "b.log"), "utf8"), /"worker":"b".*"msg":"joined"/)
})

t.test("a port that something else has taken is an error that says so", async (t) => {
  const stranger = createServer(() => {}).listen(0, "127.0.0.1")
  await once(stranger, "listening")
  t.teardown(() => stranger.close())
  const { port } = stranger.address() as { port: number }
  const { code, err } = await runPool(t, ["cluster", "--port", String(port)])
  t.equal(code, 1)
  t.match(
    err,
    new RegExp(`^pool: port ${port} on 127\\.0\\.0\\.1 is taken by .*choose another.*\n$`),
  )
})

t.test("a server without JetStream is an error that says what to do", async (t) => {
  const server = await testServer(t, { jetstream: false })
  const { code, err } = await runPool(t, ["cluster", "--port", String(server.port)])
  t.equal(code, 1)
  t.match(err, /^pool: JetStream is off at nats:.*; start the server with --jetstream.*\n$/)
})
