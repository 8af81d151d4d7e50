import { once } from "node:events"
import { existsSync } from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import t from "tap"
import { runPool } from "../fixtures/cli.js"
import { nothingIsLeft, pidsIn, startCluster } from "../fixtures/cluster.js"
import { tempFolder } from "../fixtures/folder.js"
import { fakeProgram, fakeServer, isAlive } from "../fixtures/programs.js"
import { randomPort, serverProgram } from "../fixtures/server.js"
import { skipsClusters } from "../fixtures/servers.js"
import { until } from "../fixtures/until.js"

const skip = await skipsClusters()

interface Seen {
  readonly type?: string
  readonly name: string
  readonly server?: string
  readonly leads?: boolean
  readonly replica?: string
}

t.test("three servers, a worker on each; at the end nothing is left", { skip }, async (t) => {
  const cluster = startCluster(t, ["--server-count", "3", "--json"])
  await cluster.says(/"event":"leads"/)
  await cluster.says(/"worker":"c".*joined|joined.*"worker":"c"/)
  const url = `nats://127.0.0.1:${cluster.port + 1}`
  const look = async () => {
    const { out } = await runPool(t, ["dashboard", "--once", "--json", "--servers", url])
    return out.trim().split("\n").map((line) => JSON.parse(line) as Seen) // biome-ignore format: one line
  }
  let seen: Seen[] = []
  await until("all replicas are current", async () => {
    seen = await look()
    return seen.filter(({ replica }) => replica === "current").length === 3
  })
  t.strictSame(
    seen.filter(({ type }) => !type).map(({ name, server }) => `${name} on ${server}`),
    ["a on n1", "b on n2", "c on n3"],
    "each first on another",
  )
  const servers = seen.filter(({ type }) => type === "server")
  t.strictSame(
    servers.map(({ name }) => name),
    ["n1", "n2", "n3"],
  )
  t.equal(servers.filter(({ leads }) => leads).length, 1)
  const folder = `.pool/servers-3-${cluster.port}`
  t.match(cluster.said(), `to read and to copy: ${folder}/n1.conf`)
  t.ok(existsSync(join(cluster.folder, folder, "n3.conf")))

  process.kill(-cluster.pid, "SIGINT")
  const { code, err } = await cluster.ended()
  t.equal(code, 0)
  t.match(err, /^stopping 3 workers and 3 servers$/m)
  await nothingIsLeft(t, cluster)
})

t.test("what keeps servers from coming up is one line", { skip }, async (t) => {
  const start = async (port: number, env = {}, folder = tempFolder(t)) => {
    const args = ["cluster", "--server-count", "3", "--port", String(port)]
    const { code, out, err } = await runPool(t, args, { env, folder })
    t.match({ code, out }, { code: 1, out: "" })
    return err.replace("starting 3 servers\n", "")
  }
  const stranger = createServer(() => {}).listen(randomPort(), "127.0.0.1")
  await once(stranger, "listening")
  t.teardown(() => stranger.close())
  const { port } = stranger.address() as { port: number }
  t.equal(
    await start(port - 1),
    `pool: port ${port} is taken, and 3 servers need it; stop what listens there, or choose other ports with --port\n`,
  )
  t.equal(
    await start(randomPort(), { NATS_SERVER: fakeServer(tempFolder(t), "2.11.9") }),
    "pool: a cluster needs nats-server 2.12 or later, this one is 2.11.9; upgrade it\n",
  )
  const { path } = await serverProgram()
  const script = `case "$*" in *n2.conf*) echo "[FTL] no room for n2"; exit 1;; esac
    exec ${path} "$@"`
  const folder = tempFolder(t)
  const picky = { NATS_SERVER: fakeProgram(tempFolder(t), "nats-server", script) }
  t.match(
    await start(randomPort(), picky, folder),
    /^pool: nats-server n2 did not start: \[FTL\] no room for n2; its log: \/\S+nats-n2\.log\n$/,
  )
  const started = pidsIn(folder)
  t.equal(started.length, 2)
  t.strictSame(started.filter(isAlive), [], "those that came up are gone")
})

t.test("flags that contradict each other are refused before anything is started", async (t) => {
  const cases: [string, RegExp][] = [
    ["--server-count 2", /expected 1, 3 or 5, got "2"/],
    ["--servers 3", /to start some: --server-count 3/],
    ["--server-count 3 --servers localhost", /--server-count: expected 1 with --servers/],
    ["--server-count 3 --replicas 5", /--replicas: expected 3 at most, one on each server, got 5/],
  ]
  for (const [flags, words] of cases) {
    const { code, err } = await runPool(t, ["cluster", ...flags.split(" ")])
    t.equal(code, 2, flags)
    t.match(err, words)
    t.equal(err.trim().split("\n").length, 1, "one line")
  }
})
