import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import t from "tap"
import { type RunningCommand, runPool, startPool } from "../fixtures/cli.js"
import { testGroup } from "../fixtures/crew.js"
import { randomPort, testServer } from "../fixtures/server.js"
import { until } from "../fixtures/until.js"

/** The status of `path`, or the code of the error where nobody answers. */
async function statusOf(url: string, path: string): Promise<number | string> {
  return fetch(url + path).then(
    (answer) => answer.status,
    (error) => error.cause.code,
  )
}

/** Where a worker says that it answers. */
async function urlOf(worker: RunningCommand): Promise<string> {
  return (await worker.says(/"http":"(http:[^"]+)"/))[1] as string
}

t.test("pool worker --http answers from its joining until it has left", async (t) => {
  const server = await testServer(t)
  const worker = startPool(t, ["worker", "--servers", server.url, "--http", "0"])
  const url = await urlOf(worker)
  t.match(url, /^http:\/\/127\.0\.0\.1:\d+$/, "this machine's alone")
  await worker.says(/"msg":"leads"/)
  for (const path of ["/healthz", "/readyz", "/leader", "/metrics"]) {
    t.equal(await statusOf(url, path), 200, path)
  }
  worker.child.kill("SIGTERM")
  t.match(await worker.ended(), { code: 0, err: "" })
  t.equal(await statusOf(url, "/healthz"), "ECONNREFUSED")
})

t.test("pool run --http tells whether its program runs here", async (t) => {
  const server = await testServer(t)
  const run = ["run", "--servers", server.url, "--log-level", "info", "--http", "0", "--"]
  const first = startPool(t, [...run, "sleep", "600"])
  const [one, leads] = [await urlOf(first), first.says(/"msg":"leads"/)]
  await leads
  const second = startPool(t, [...run, "sleep", "600"])
  const other = await urlOf(second)
  t.strictSame([await statusOf(one, "/leader"), await statusOf(other, "/leader")], [200, 503])
  first.child.kill("SIGTERM")
  await second.says(/"msg":"leads"/)
  t.equal(await statusOf(other, "/leader"), 200)
  second.child.kill("SIGTERM")
  t.equal((await first.ended()).code, 0)
  t.equal((await second.ended()).code, 0)
})

t.test("a port that is in use is one line, and nobody has joined", async (t) => {
  const server = await testServer(t)
  const stranger = createServer().listen(0, "127.0.0.1")
  t.teardown(() => stranger.close())
  await new Promise((resolve) => stranger.once("listening", resolve))
  const { port } = stranger.address() as AddressInfo
  const base = ["--servers", server.url, "--log-level", "silent", "--http", String(port)]
  const told = `pool: http: can't listen on 127.0.0.1:${port}: the port is in use; name another one\n`
  for (const args of [
    ["worker", ...base],
    ["run", ...base, "--", "true"],
  ]) {
    t.strictSame(await runPool(t, args), { code: 1, out: "", err: told })
  }
  const { out, code } = await runPool(t, ["members", "--servers", server.url])
  t.match({ out, code }, { code: 3 }, out)
})

t.test("each worker of a cluster has a port of its own, and keeps it", async (t) => {
  const first = 2 * (randomPort() >> 1)
  const { group, start, worker } = await testGroup(t, { http: `127.0.0.1:${first}` })
  await start("a", "b")
  const nameAt = async (port: number) => {
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
    return /pool_is_leader\{pool="work",name="(\w+)"\}/.exec(text)?.[1]
  }
  t.strictSame([await nameAt(first), await nameAt(first + 1)], ["a", "b"])
  await group.supervisor.stop(worker("a").pid, 20_000)
  t.equal(await statusOf(`http://127.0.0.1:${first}`, "/healthz"), "ECONNREFUSED")
  await start("c")
  t.equal(await nameAt(first + 2), "c", "it may come back")
  await start("a")
  t.equal(await nameAt(first), "a")
  await until(
    "a is ready",
    async () => (await statusOf(`http://127.0.0.1:${first}`, "/readyz")) === 200,
  )
})
