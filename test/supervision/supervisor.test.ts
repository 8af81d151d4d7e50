import { once } from "node:events"
import t, { type Test } from "tap"
import { findKvBucket } from "../../src/jetstream/kv-bucket.js"
import { Roster, type RosterChange } from "../../src/membership/roster.js"
import { membersIn } from "../../src/protocol/entries.js"
import { systemClock } from "../../src/time/system-clock.js"
import { testGroup } from "../fixtures/crew.js"
import { Events } from "../fixtures/events.js"

t.test(
  "when the leader's process is killed its supervisor gives the word, long before the lease is over",
  async (t) => {
    const { group, start, leads, worker, events, problems } = await testGroup(t)
    await start("a", "b", "c")
    const before = await leads("a", "b", "c")
    process.kill(worker("a").pid, "SIGKILL")
    const after = await leads("b", "c")
    t.ok(after.term > before.term)
    const gone = await events.one((event) => event.type === "gone")
    t.match(gone, { worker: { name: "a" }, isKind: false, how: "killed by SIGKILL" })
    await group.supervisor.cleared()
    const bucket = await findKvBucket(group.connection, "pool_work")
    const names = membersIn((await bucket?.entries()) ?? []).map(({ name }) => name)
    t.strictSame(names, ["b", "c"], "its entry is gone as well")
    t.strictSame(problems, [])
  },
)

t.test(
  "when leader and next in line are killed at once the third leads, without waiting for the dead",
  async (t) => {
    const { start, leads, worker } = await testGroup(t)
    await start("a", "b", "c", "d")
    await leads("a", "b", "c", "d")
    process.kill(worker("b").pid, "SIGKILL")
    process.kill(worker("a").pid, "SIGKILL")
    await leads("c", "d")
    t.pass("c leads")
  },
)

t.test("when a follower's process is killed the leader goes on in its term", async (t) => {
  const { start, leads, worker } = await testGroup(t)
  await start("a", "b", "c")
  const before = await leads("a", "b", "c")
  process.kill(worker("b").pid, "SIGKILL")
  const after = await leads("a", "c")
  t.equal(after.term, before.term)
})

t.test(
  "a worker that is stopped leaves kindly, and one that is started again is the youngest",
  async (t) => {
    const { group, start, leads, worker, events } = await testGroup(t)
    await start("a", "b", "c")
    await leads("a", "b", "c")
    await group.supervisor.stop(worker("a").pid, 20_000)
    await leads("b", "c")
    const gone = await events.one((event) => event.type === "gone")
    t.match(gone, { isKind: true, how: "ended with exit code 0" })
    await start("a")
    await leads("b", "c", "a")
    t.pass("a is last in line")
  },
)

t.test("a pid that gets SIGTERM leaves kindly too", async (t) => {
  const { start, leads, worker, events } = await testGroup(t)
  await start("a", "b")
  await leads("a", "b")
  process.kill(worker("a").pid, "SIGTERM")
  await leads("b")
  t.match(await events.one((event) => event.type === "gone"), { isKind: true })
})

t.test("a worker whose supervisor is gone stops kindly", async (t) => {
  const { group, start, leads, worker } = await testGroup(t)
  await start("a", "b")
  await leads("a", "b")
  const { pid } = worker("a")
  const { process: child } = worker("a") as unknown as {
    process: import("node:child_process").ChildProcess
  }
  child.disconnect()
  const [code] = await once(child, "exit")
  t.equal(code, 0, `worker ${pid} ended by itself`)
  await leads("b")
  t.equal(group.supervisor.workers.length, 1)
})

t.test("a worker that can't join says why, in one line", async (t) => {
  const { group } = await testGroup(t, { handler: "/nowhere/handler.js" })
  await t.rejects(group.start("a"), {
    name: "WorkerFailed",
    code: "bad-handler",
    message: /handler \/nowhere\/handler.js: no such file/,
  })
  t.strictSame(group.supervisor.workers, [])
})

t.test("whoever watches sees which worker was killed and which one left", async (t) => {
  const { group, start, worker } = await testGroup(t)
  await start("a", "b", "c")
  const bucket = await findKvBucket(group.connection, "pool_work")
  if (!bucket) throw new Error("no bucket")
  const changes = new Events<RosterChange>()
  const roster = new Roster({
    bucket,
    clock: systemClock,
    memberTtlMs: 180_000,
    onChange: changes.note,
  })
  await roster.start()
  t.teardown(() => roster.stop())
  process.kill(worker("c").pid, "SIGKILL")
  await group.supervisor.stop(worker("b").pid, 20_000)
  const gone = () => changes.all.flatMap((change) => (change.type === "gone" ? [change] : []))
  await changes.until(() => gone().length === 2)
  const how = gone().map(({ member, how }) => `${member.name} ${how}`)
  t.strictSame(how.sort(), ["b left", "c evicted"])
})

/** Until the test ends, or what it returns is called, this system has no program to start workers with. */
function withoutNode(t: Test, path = "/nowhere/node"): () => void {
  const { execPath } = process
  const restore = () => {
    process.execPath = execPath
  }
  process.execPath = path
  t.teardown(restore)
  return restore
}

t.test(
  "a worker for which no process can be started is told of, and nothing waits for it",
  async (t) => {
    const { group, events } = await testGroup(t)
    withoutNode(t)
    const failed = {
      name: "WorkerFailed",
      message: /^worker a could not be started: spawn .*ENOENT/,
    }
    await t.rejects(group.start("a"), failed)
    t.match(events.all, [{ type: "unstarted", worker: { name: "a" } }])
    withoutNode(t, "no\0node")
    await t.rejects(group.start("b"), { message: /^worker b could not be started: .*null bytes/ })
    t.strictSame(group.supervisor.workers, [])
    await group.disband()
    t.pass("a stop ends")
  },
)

t.test(
  "one that is to be brought back is tried again until a process can be started",
  async (t) => {
    const { group, start, leads, worker, events, problems } = await testGroup(
      t,
      {},
      { respawn: true },
    )
    await start("a")
    await leads("a")
    const restore = withoutNode(t)
    process.kill(worker("a").pid, "SIGKILL")
    await events.until((all) => all.filter(({ type }) => type === "unstarted").length === 2)
    restore()
    await events.until((all) => all.filter(({ type }) => type === "joined").length === 2)
    t.match(
      problems.find((problem) => /could not be started: spawn/.test(problem)),
      /worker a/,
    )
    await group.disband()
  },
)

t.test("a stop reaches a worker whose channel is closed already", async (t) => {
  const { group, start, worker, events } = await testGroup(t, {
    handler: new URL("../fixtures/deaf-worker.mjs", import.meta.url).pathname,
  })
  await start("a")
  const { process: child } = worker("a") as unknown as {
    process: import("node:child_process").ChildProcess
  }
  child.disconnect()
  await group.supervisor.stop(worker("a").pid, 60_000)
  t.match(await events.one(({ type }) => type === "gone"), { how: "ended with exit code 0" })
})
