import { execFile } from "node:child_process"
import { promisify } from "node:util"
import { connect, type NatsConnection } from "nats"
import t, { type Test } from "tap"
import { Discovery, type Position } from "../../src/discovery/discovery.js"
import { namesOf } from "../../src/protocol/names.js"
import { systemClock } from "../../src/time/system-clock.js"
import { SimpleWork } from "../../src/work/simple-work.js"
import { TrackedWork } from "../../src/work/tracked-work.js"
import { ManualClock } from "../fixtures/manual-clock.js"
import { natsCli, withoutCli } from "../fixtures/nats-cli.js"
import { parties } from "../fixtures/parties.js"
import { TestReign } from "../fixtures/reign.js"
import { type TestServer, testServer } from "../fixtures/server.js"

const names = namesOf("work")
const version = /^\d+\.\d+\.\d+/

/** A member in memory that is to be found, and whose handlers take 5 ms. */
function member(name: string, all = parties()) {
  const { clock } = all
  const bus = all.join(name)
  const label = { id: `${name}1`, name }
  const shared = { bus, member: label, clock }
  const handler = async (job: { text(): string }) => {
    await clock.pass(5)
    if (job.text() === "fail") throw new Error("no luck")
  }
  const simple = new SimpleWork({ ...shared, subject: names.work, handler })
  const tracked = new TrackedWork({ ...shared, names, handler })
  let standing: Position = { role: "follower", term: 7, place: 1 }
  const discovery = new Discovery({
    ...{ bus, names, member: label, simple: simple.tally, tracked: tracked.tally },
    standing: () => standing,
    metadata: { host: "h", pid: "1" },
  })
  discovery.open()
  simple.open()
  const stand = (now: Position) => {
    standing = now
  }
  return { ...all, simple, tracked, discovery, stand }
}

/** All answers to `subject`, in the order of their services and ids. */
async function asked({ clock, asker }: ReturnType<typeof parties>, subject: string) {
  // biome-ignore lint/suspicious/noExplicitAny: the tests look at every field
  const answers: any[] = []
  const reply = `_INBOX.${Math.random()}`
  const subscription = asker.subscribe(reply, {
    callback: (_, { data }) => answers.push(JSON.parse(new TextDecoder().decode(data))),
  })
  asker.publish(subject, "", { reply })
  await clock.pass(1)
  subscription.unsubscribe()
  return answers.sort((a, b) => `${a.name} ${a.id}`.localeCompare(`${b.name} ${b.id}`))
}

t.test("every member is an instance of the service named like its pool", async (t) => {
  const all = member("a")
  member("b", all)
  const identity = { name: "work", version, metadata: { worker: "a", host: "h", pid: "1" } }
  const type = "io.nats.micro.v1.ping_response"
  t.match(await asked(all, "$SRV.PING"), [
    { type, id: "a1", ...identity },
    { type, id: "b1", ...identity, metadata: { worker: "b" } },
  ])
  t.equal((await asked(all, "$SRV.PING.work")).length, 2)
  t.match(await asked(all, "$SRV.PING.work.b1"), [{ type, id: "b1" }])
  t.strictSame(await asked(all, "$SRV.PING.other"), [])
  t.strictSame(await asked(all, "$SRV.PING.work.other"), [])
  t.strictSame(await asked(all, "$SRV.WHAT"), [])
})

t.test("INFO tells where it takes requests", async (t) => {
  const all = member("a")
  t.strictSame(await asked(all, "$SRV.INFO.work.a1"), [
    {
      type: "io.nats.micro.v1.info_response",
      name: "work",
      id: "a1",
      version: (await asked(all, "$SRV.PING"))[0].version,
      metadata: { worker: "a", host: "h", pid: "1" },
      description: 'simple work of pool "work", which any member may answer',
      endpoints: [{ name: "work", subject: "work", queue_group: "workers", metadata: {} }],
    },
  ])
})

t.test("STATS counts in nanoseconds, and tells where the member stands", async (t) => {
  const all = member("a")
  const fresh = (await asked(all, "$SRV.STATS"))[0]
  t.match(fresh, { type: "io.nats.micro.v1.stats_response", started: "2023-11-14T22:13:20.000Z" })
  t.strictSame(fresh.endpoints, [
    {
      name: "work",
      subject: "work",
      queue_group: "workers",
      num_requests: 0,
      num_errors: 0,
      last_error: "",
      processing_time: 0,
      average_processing_time: 0,
      data: { role: "follower", term: 7, place: 1, busy: 0 },
    },
  ])
  await all.ask("work")
  await all.ask("work", "fail")
  t.match((await asked(all, "$SRV.STATS"))[0].endpoints, [
    {
      num_requests: 2,
      num_errors: 1,
      last_error: "500: no luck",
      processing_time: 10_000_000,
      average_processing_time: 5_000_000,
      data: { p50_ms: 5 },
    },
  ])
})

t.test("the leader, and nobody else, is an instance of a second service", async (t) => {
  const all = member("a")
  member("b", all)
  t.strictSame(await asked(all, "$SRV.PING.work-leader"), [])
  all.stand({ role: "leader", term: 8 })
  all.tracked.open()
  all.tracked.begin(new TestReign(all.clock, 8))
  all.discovery.beginReign()
  all.discovery.beginReign()
  await all.ask("work.leader")
  t.match(await asked(all, "$SRV.INFO.work-leader"), [
    { id: "a1", endpoints: [{ name: "leader", subject: "work.leader", queue_group: "" }] },
  ])
  t.match(await asked(all, "$SRV.STATS.work-leader.a1"), [
    { endpoints: [{ num_requests: 1, data: { role: "leader", term: 8, place: undefined } }] },
  ])
  t.match(await asked(all, "$SRV.PING"), [
    { name: "work" },
    { name: "work" },
    { name: "work-leader" },
  ])
  all.discovery.endReign()
  t.strictSame(await asked(all, "$SRV.PING.work-leader"), [])
  t.equal((await asked(all, "$SRV.PING")).length, 2)
})

t.test("a member that closed is not to be found", async (t) => {
  const all = member("a")
  all.discovery.beginReign()
  all.discovery.close()
  t.strictSame(await asked(all, "$SRV.PING"), [])
})

t.test("a member that does no simple work is there all the same", async (t) => {
  const all = parties()
  const { clock } = all
  const label = { id: "a1", name: "a" }
  const bus = all.join()
  const tracked = new TrackedWork({
    bus,
    member: label,
    clock,
    names: namesOf("x"),
    handler: () => {},
  })
  const discovery = new Discovery({
    ...{ bus, names, member: label, tracked: tracked.tally },
    standing: () => ({ role: "follower" }),
  })
  discovery.open()
  t.match(await asked(all, "$SRV.STATS.work"), [{ id: "a1", endpoints: [] }])
})

const cli = natsCli()

t.test("the nats command line shows it", { skip: withoutCli(cli) }, async (t) => {
  const server = await testServer(t)
  const micro = async (...args: string[]) => {
    const flags = ["micro", ...args, "--server", server.url, "--timeout", "500ms"]
    const { stdout } = await promisify(execFile)(cli as string, flags)
    return stdout
  }
  const a = await serverMember(t, server, "a")
  await serverMember(t, server, "b")
  a.discovery.beginReign()
  for (let i = 0; i < 10; i++) await a.bus.request("work", "10", { timeout: 1000 })
  await a.bus.flush()

  const listed = JSON.parse(await micro("ls", "--json"))
  const found = listed.map(({ name, id }: { name: string; id: string }) => `${name} ${id}`)
  t.strictSame(found.toSorted(), ["work a1", "work b1", "work-leader a1"])
  t.match(await micro("ls"), /work-leader/)
  t.match(await micro("info", "work", "a1"), /Queue Group: workers/)
  t.match(JSON.parse(await micro("info", "work-leader", "--json")), {
    info: { name: "work-leader", id: "a1", endpoints: [{ subject: "work.leader" }] },
    stats: { endpoints: [{ data: { role: "follower", place: 1 } }] },
  })
  const stats = JSON.parse(await micro("stats", "work", "--json"))
  type Stats = { endpoints: [{ num_requests: number; processing_time: number }] }
  const counts = stats.map(({ endpoints: [it] }: Stats) => it.num_requests)
  t.equal(counts[0] + counts[1], 10)
  t.match(await micro("stats", "work"), /work Service Statistics/)
  t.match(await micro("ping"), /work-leader a1 +rtt=/)
})

/** A member on a server that is to be found. */
async function serverMember(t: Test, server: TestServer, name: string) {
  const bus: NatsConnection = await connect({ servers: server.url, noAsyncTraces: true })
  t.teardown(() => bus.close())
  const label = { id: `${name}1`, name }
  const shared = { bus, member: label, handler: () => name }
  const simple = new SimpleWork({ ...shared, clock: systemClock, subject: names.work })
  const tracked = new TrackedWork({ ...shared, clock: new ManualClock(), names })
  const discovery = new Discovery({
    ...{ bus, names, member: label, simple: simple.tally, tracked: tracked.tally },
    standing: () => ({ role: "follower", place: 1 }),
  })
  simple.open()
  discovery.open()
  await bus.flush()
  return { bus, discovery }
}
