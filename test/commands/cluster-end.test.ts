import { existsSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import t from "tap"
import { runPool, startPool } from "../fixtures/cli.js"
import {
  isComplete,
  nothingIsLeft,
  pidsIn,
  startCluster,
  type TestCluster,
} from "../fixtures/cluster.js"
import { tempFolder } from "../fixtures/folder.js"
import { isAlive, until } from "../fixtures/programs.js"

/** More than a signal that came twice, in ms. */
const NOT_AN_ECHO_MS = 150

for (const [what, signal] of [
  ["SIGTERM", "SIGTERM"],
  ["Ctrl-C, which reaches every process of the terminal,", "SIGINT"],
] as const) {
  t.test(`${what} stops kindly, the leader last, and leaves no process and no port`, async (t) => {
    const cluster = startCluster(t)
    await isComplete(cluster)
    t.equal(pidsIn(cluster.folder).length, 4, "three workers and a server")
    process.kill(signal === "SIGINT" ? -cluster.pid : cluster.pid, signal)
    const { code, out, err } = await cluster.ended()
    t.equal(code, 0)
    const left = [...out.matchAll(/^\d\d:\d\d:\d\d {2}(\w) {2}left$/gm)].map(([, name]) => name)
    t.strictSame(left.toSorted(), ["a", "b", "c"], out)
    t.equal(left.at(-1), "a")
    t.match(err, /^nats-server [\d.]+ at nats:\/\/127\.0\.0\.1:\d+; log: \S+nats-server\.log\n$/)
    await nothingIsLeft(t, cluster)
  })
}

t.test("a terminal that closes stops it kindly, although nobody reads it any more", async (t) => {
  const cluster = startCluster(t)
  await isComplete(cluster)
  cluster.child.stdout?.destroy()
  cluster.child.stderr?.destroy()
  process.kill(-cluster.pid, "SIGHUP")
  process.kill(-cluster.pid, "SIGHUP")
  t.equal((await cluster.ended()).code, 0)
  await nothingIsLeft(t, cluster)
  const log = readFileSync(join(cluster.folder, ".pool/logs/a.log"), "utf8")
  t.match(log, /does not lead any more/, "the leader ended its reign itself")
})

t.test("a second Ctrl-C does not wait for work in flight", async (t) => {
  const folder = tempFolder(t)
  writeFileSync(join(folder, "slow.mjs"), "export const work = () => new Promise(() => {})")
  const cluster = startCluster(t, ["--workers", "1", "--handler", "slow.mjs"], folder)
  await cluster.says(/ a {2}leads/)
  const asking = startPool(t, ["work", "--timeout", "60s", "--servers", cluster.url])
  const isBusy = async () => {
    const { out } = await runPool(t, ["members", "--json", "--servers", cluster.url])
    return JSON.parse(out)[0].counters.busy === 1
  }
  await until("the work is in flight", isBusy, 20_000)
  process.kill(-cluster.pid, "SIGINT")
  const askedMs = performance.now()
  await until("it is no echo", () => performance.now() - askedMs > NOT_AN_ECHO_MS)
  t.ok(isAlive(cluster.pid), "it waits")
  process.kill(-cluster.pid, "SIGINT")
  t.match(await cluster.ended(), { code: 1, out: / a {2}killed by SIGKILL\n$/ })
  t.ok(performance.now() - askedMs < 8_000, "before the grace time of 10 s was over")
  await nothingIsLeft(t, cluster)
  asking.child.kill()
})

for (const [stage, isReached] of [
  ["its server runs", (cluster) => /nats-server/.test(cluster.said())],
  ["its first worker starts", ({ folder }) => existsSync(join(folder, ".pool/logs/a.log"))],
  ["its second worker starts", ({ folder }) => existsSync(join(folder, ".pool/logs/b.log"))],
] as [string, (cluster: TestCluster) => boolean][]) {
  t.test(`Ctrl-C as soon as ${stage} leaves nothing and is no error`, async (t) => {
    const cluster = startCluster(t)
    await until(stage, () => isReached(cluster), 20_000)
    process.kill(-cluster.pid, "SIGINT")
    const { code, err } = await cluster.ended()
    t.equal(code, 0)
    t.match(err, /^nats-server .*\n$/, "nothing but where the server is")
    await nothingIsLeft(t, cluster)
  })
}

t.test("when it is killed its workers and the server it started end by themselves", async (t) => {
  const cluster = startCluster(t)
  await isComplete(cluster)
  const pids = pidsIn(cluster.folder)
  cluster.child.kill("SIGKILL")
  await until("all are gone", () => !pids.some(isAlive), 20_000)
  await nothingIsLeft(t, cluster)
  const log = readFileSync(join(cluster.folder, ".pool/logs/a.log"), "utf8")
  t.match(
    log,
    /does not lead any more/,
    "the workers left kindly, while the server was still there",
  )
})

t.test("a worker that can't start stops all that was started", async (t) => {
  const folder = tempFolder(t)
  writeFileSync(join(folder, "bad.mjs"), "export const nothing = 1")
  const cluster = startCluster(t, ["--handler", "bad.mjs"], folder)
  const { code, out, err } = await cluster.ended()
  t.match({ code, out }, { code: 2, out: "" })
  t.match(err, /\npool: handler bad\.mjs: it exports only nothing; it must export .*\n$/)
  await nothingIsLeft(t, cluster)
})
