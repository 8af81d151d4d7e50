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
import { isAlive } from "../fixtures/programs.js"
import { until, untilNoEcho } from "../fixtures/until.js"

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
    const [began, ...end] = err.trimEnd().split("\n")
    t.match(began, /^nats-server [\d.]+ at nats:\/\/127\.0\.0\.1:\d+; log: \S+nats-server\.log$/)
    t.match(end, ["stopping 3 workers and the server", /^stopped after [\d.]+m?s$/])
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
  t.match(logOf(cluster, "a"), /does not lead any more/, "the leader ended its reign itself")
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
  await until("the work is in flight", isBusy)
  process.kill(-cluster.pid, "SIGINT")
  await untilNoEcho()
  t.ok(isAlive(cluster.pid), "it waits")
  process.kill(-cluster.pid, "SIGINT")
  t.match(await cluster.ended(), { code: 1, out: / a {2}killed by SIGKILL\n$/ })
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
    await until(stage, () => isReached(cluster))
    process.kill(-cluster.pid, "SIGINT")
    const { code, err } = await cluster.ended()
    t.equal(code, 0)
    t.match(err, /^nats-server .*\nstopping (\d workers? and )?the server\nstopped after .*\n$/)
    await nothingIsLeft(t, cluster)
  })
}

t.test("when it is killed with its process group, its workers and server end", async (t) => {
  const cluster = startCluster(t)
  await isComplete(cluster)
  const pids = pidsIn(cluster.folder)
  const frozen = pidOf(cluster, "c")
  process.kill(frozen, "SIGSTOP")
  process.kill(-cluster.pid, "SIGKILL")
  await until("all are gone", () => !pids.some(isAlive))
  await nothingIsLeft(t, cluster)
  const log = logOf(cluster, "a")
  t.match(
    log,
    /does not lead any more/,
    "the workers left kindly, while the server was still there",
  )
})

t.test("a worker that does not leave when all are killed is killed as well", async (t) => {
  const folder = tempFolder(t)
  writeFileSync(
    join(folder, "stuck.mjs"),
    `import { spawn } from "node:child_process"
    import { writeFileSync } from "node:fs"
    export const work = () => {
      writeFileSync("child.pid", String(spawn("sleep", ["600"]).pid))
      for (;;) {}
    }`,
  )
  const graces = ["--grace", "1ms", "--leader-grace", "1ms"]
  const flags = ["--workers", "1", "--handler", "stuck.mjs", ...graces]
  const cluster = startCluster(t, flags, folder)
  await cluster.says(/ a {2}leads/)
  const asking = startPool(t, ["work", "--timeout", "60s", "--servers", cluster.url])
  const pidFile = join(folder, "child.pid")
  // The file is there before what is in it.
  const childPid = () => (existsSync(pidFile) ? Number(readFileSync(pidFile, "utf8")) : 0)
  await until("it is stuck", () => childPid() > 0)
  const child = childPid()
  process.kill(-cluster.pid, "SIGKILL")
  await until("its child is gone", () => !isAlive(child))
  await until("all are gone", () => !pidsIn(folder).some(isAlive))
  await nothingIsLeft(t, cluster)
  asking.child.kill()
})

t.test("Ctrl-Z suspends it alone: its workers go on, and then leave kindly", async (t) => {
  const cluster = startCluster(t)
  await isComplete(cluster)
  // What Ctrl-Z sends stops no group that has no terminal; this does.
  process.kill(-cluster.pid, "SIGSTOP")
  const { code, out } = await runPool(t, ["work", "--leader", "hello", "--servers", cluster.url])
  t.equal(code, 0)
  t.match(out, /"worker":"a"/)
  const asking = ["work", "--count", "20", "--servers", cluster.url]
  t.match((await runPool(t, asking)).out, /"worker":"[bc]"/, "the others, too")
  process.kill(pidOf(cluster, "b"), "SIGSTOP")
  process.kill(-cluster.pid, "SIGTERM")
  process.kill(-cluster.pid, "SIGCONT")
  const ended = await cluster.ended()
  t.equal(ended.code, 0)
  t.match(ended.out, / b {2}left\n/, "also one that was suspended itself")
  await nothingIsLeft(t, cluster)
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

function logOf({ folder }: TestCluster, worker: string): string {
  return readFileSync(join(folder, `.pool/logs/${worker}.log`), "utf8")
}

function pidOf(cluster: TestCluster, worker: string): number {
  return Number(/"pid":(\d+)/.exec(logOf(cluster, worker))?.[1])
}
