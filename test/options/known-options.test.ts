/** Options are looked at by name and kind, wherever a program may give some: nothing misspelt is silently ignored. */
import t, { type Test } from "tap"
import { PoolClient } from "../../src/client/client.js"
import { type JoinOptions, joinPool, LocalPools } from "../../src/index.js"
import { connectToNats } from "../../src/nats/connection.js"
import { nearestWord } from "../../src/options/nearest-word.js"
import { apartFrom, preferring } from "../../src/strategies/built-in-strategies.js"
import { HandlerThreads } from "../../src/threads/handler-threads.js"
import { checked } from "../../src/work/checked.js"
import { requester } from "../fixtures/requester.js"
import { randomPort, testServer } from "../fixtures/server.js"

type Call = (options: unknown) => unknown

const local = new LocalPools()
const bus = local.connect()
const client = new PoolClient({ bus })
const join: Call = (options) => joinPool(options as JoinOptions)
const connect: Call = (options) => PoolClient.connect(options as object)
const ask: Call = (options) => client.work("x", options as object)
const construct: Call = (options) => new PoolClient(options as { bus: typeof bus })
const worlds: Call = (options) => new LocalPools(options as object)
const inProcess: Call = (options) => PoolClient.local(options as object)
const toNats: Call = (options) => connectToNats(options as object)
const threads: Call = (options) => HandlerThreads.open("x.js", 1, options as object)

/** Each must be refused so, whether at once or with what it returns. */
async function refused(t: Test, cases: readonly (readonly [Call, unknown, string])[]) {
  for (const [call, options, message] of cases) {
    const told = await Promise.resolve()
      .then(() => call(options))
      .then(
        () => undefined,
        (error) => error,
      )
    t.match(told, { name: "BadInput", message }, message)
  }
}

t.test("an unknown option is refused, with the nearest that is known", async (t) => {
  const such = (of: string, near: string, got: string) =>
    `options of ${of}: expected options that it has, such as ${near}, got "${got}"`
  await refused(t, [
    [join, { lease: 200 }, such("joinPool", "leaseMs", "lease")],
    [join, { LeaseMS: 200 }, such("joinPool", "leaseMs", "LeaseMS")],
    [join, { noLead: true }, such("joinPool", "eligible", "noLead")],
    [join, { server: "a" }, such("joinPool", "servers", "server")],
    [join, { connect: { server: "a" } }, such("joinPool", "connect.servers", "connect.server")],
    [join, { connect: { pass: "a" } }, such("joinPool", "connect.password", "connect.pass")],
    [join, { restarts: { within: 1 } }, such("joinPool", "restarts.withinMs", "restarts.within")],
    [join, { failures: 1 }, such("joinPool", "restarts.failures", "failures")],
    [join, { handler: () => {} }, such("joinPool", "work", "handler")],
    [join, { onleader() {} }, such("joinPool", "onLeader", "onleader")],
    [join, { [Symbol("pool")]: "x" }, such("joinPool", "pool", "Symbol(pool)")],
    [connect, { conect: { servers: "a" } }, such("PoolClient.connect", "connect", "conect")],
    [connect, { sevrers: "a" }, such("PoolClient.connect", "servers", "sevrers")],
    [construct, { bus, poool: "x" }, such("PoolClient", "pool", "poool")],
    [inProcess, { locale: true }, such("PoolClient.local", "local", "locale")],
    [toNats, { servers: "a", timeout: 5 }, such("connectToNats", "timeoutMs", "timeout")],
    [ask, { timeout: 5 }, such("a request", "timeoutMs", "timeout")],
    [ask, { idempotant: true }, such("a request", "idempotent", "idempotant")],
    [worlds, { clocks: 1 }, such("LocalPools", "clock", "clocks")],
    [threads, { file: "x" }, "options of HandlerThreads.open: expected options that it has, "],
    [worlds, { x: 1 }, 'expected options that it has, clock, random, onThrown, got "x"'],
  ])
})

t.test("a value of another kind is refused, with the kind that it must be", async (t) => {
  await refused(t, [
    [join, { leaseMs: "2000" }, 'leaseMs: expected a number, got "2000"'],
    [join, { leaseMs: null }, "leaseMs: expected a number, got null"],
    [join, { pool: 42 }, "pool: expected text, got 42"],
    [join, { local: "yes" }, 'local: expected true or false, or a LocalPools, got "yes"'],
    [join, { servers: 42 }, "servers: expected text, or a list of texts, got 42"],
    [join, { servers: ["a", 1] }, "servers: expected text, or a list of texts, got"],
    [toNats, { timeoutMs: 1 / 0 }, "timeoutMs: expected 0 to 2147483647 ms, got Infinity"],
    [() => connectToNats({}, 5 as never), 0, "name of the connection: expected text, got 5"],
    [() => connectToNats({}, "a", null as never), 0, "environment: expected an object"],
    [join, { servers: [] }, "servers: expected at least one address, got []"],
    [toNats, { servers: "" }, 'servers: expected at least one address, got ""'],
    [join, { connect: "nats://a" }, 'connect: expected an object with options, got "nats://a"'],
    [join, { connect: ["nats://a"] }, "connect: expected an object with options, got"],
    [join, { connect: { token: 5 } }, "connect.token: expected text, got"],
    [join, { connection: {} }, "connection: expected an open connection of NATS, got {}"],
    [join, { work: "x" }, 'work: expected a function, got "x"'],
    [join, { lead: {} }, "lead: expected a function, got {}"],
    [join, { onReign: true }, "onReign: expected a function, got true"],
    [join, { report: 1 }, "report: expected a function, got 1"],
    [join, { strategy: "weight" }, "strategy: expected a strategy such as oldest"],
    [join, { strategy: { rank: () => [] } }, "strategy: expected a strategy such as oldest"],
    [
      join,
      { labels: { zone: 1 } },
      "labels: expected an object with texts by name, of 4096 bytes in all, got",
    ],
    [
      join,
      { labels: new Map() },
      "labels: expected an object with texts by name, of 4096 bytes in all, got",
    ],
    [join, { weight: "heavy" }, 'weight: expected a number from 0, or "auto", got "heavy"'],
    [join, { weight: Number.NaN }, "weight: expected a number from 0"],
    [join, { preempt: "10s" }, "preempt: expected true or false, or a number from 1, got"],
    [join, { graceMs: Number.POSITIVE_INFINITY }, "graceMs: expected 0 to 2147483647 ms"],
    [join, { leadReturns: "leave" }, 'leadReturns: expected "done", "release", "fail", got'],
    [join, { restarts: 5 }, "restarts: expected an object with options, got 5"],
    [join, { restarts: { failures: -1 } }, "restarts.failures: expected a number from 0, got -1"],
    [join, { eligible: "false" }, 'eligible: expected true or false, got "false"'],
    [ask, { timeoutMs: "5" }, 'timeoutMs: expected a number, got "5"'],
    [ask, { headers: { a: 1 } }, "headers: expected an object with texts by name, or MsgHdrs"],
    [ask, { signal: {} }, "signal: expected an AbortSignal, got {}"],
    [construct, {}, "bus: expected a connection, got nothing"],
    [construct, { bus: {} }, "bus: expected a connection, got {}"],
    [construct, { bus, clock: Date }, "clock: expected a clock, got"],
    [inProcess, { local: false }, "local: expected true, or a LocalPools, got false"],
    [worlds, { random: 1 }, "random: expected a function, got 1"],
    [threads, { threadFile: 1 }, "threadFile: expected text, got 1"],
    [(pool) => apartFrom(pool as string), 5, "pool name: expected 1 to 32 letters"],
    [(then) => apartFrom("a", then as never), () => [], "then: expected a strategy such as"],
    [(labels) => preferring(labels as object as never), "zone=a", "labels: expected an object"],
    [(schema) => checked(schema as never, () => {}), {}, "schema: expected a schema"],
  ])
})

t.test("what is no object with options is refused", async (t) => {
  const given = [null, 5, "work", true, [], () => {}, new Map(), new Date(), Promise.resolve({})]
  const calls = [join, connect, construct, ask, worlds, inProcess, toNats, threads]
  for (const options of given) {
    const told = "expected an object with options, got"
    await refused(
      t,
      calls.map((call) => [call, options, told] as const),
    )
  }
})

t.test("a secret of another kind is not shown", async (t) => {
  const { message } = await joinPool({ password: ["sesame"] } as never).catch((error) => error)
  t.equal(message, 'password: expected text, got "a secret object"')
})

t.test("what is undefined was not given, and a class may have what a worker needs", async (t) => {
  class Mail {
    readonly #greeting = "hello"
    readonly pool = "mail"
    readonly local = local
    readonly leaseMs = undefined
    readonly nothing = undefined
    work(job: { text(): string }) {
      return `${this.#greeting} ${job.text()}`
    }
    get restarts() {
      return { failures: undefined, withinMs: this.#greeting.length }
    }
  }
  const nameless = Object.assign(Object.create(null), { local, pool: "mail" })
  for (const [options, answer] of [
    [new Mail(), "hello ann"],
    [nameless, /"worker"/],
  ]) {
    const worker = await joinPool(options)
    const asking = PoolClient.local({ local, pool: "mail" })
    t.match((await asking.work("ann")).text(), answer)
    await asking.close()
    await worker.leave()
  }
})

t.test("a worker and a client take the same words for where their pool is", async (t) => {
  const server = await testServer(t)
  const connection = await requester(t, server.url)
  const servers = server.url
  const places = [
    { servers },
    { servers: [servers] },
    { connect: { servers } },
    { connect: { servers: undefined, timeoutMs: 5000 }, servers },
    { connection },
    { local: true },
    { local },
  ]
  for (const place of places) {
    const worker = await joinPool({ ...place, pool: "mail", work: () => "sent" })
    const asking = await PoolClient.connect({ ...place, pool: "mail" })
    t.equal((await asking.work("x")).text(), "sent")
    await asking.close()
    await worker.leave()
  }
  t.notOk(connection.isClosed(), "a connection that was given stays open")
})

t.test("where the pool is must be said in one way", async (t) => {
  const servers = `127.0.0.1:${randomPort()}`
  const connection = bus
  Object.assign(connection, { drain() {}, status() {} })
  for (const call of [join, connect]) {
    await refused(t, [
      [call, { local, servers }, 'local: expected no connection beside it, got "servers"'],
      [
        call,
        { local: true, connect: {} },
        'local: expected no connection beside it, got "connect"',
      ],
      [call, { local: true, connection }, 'expected no connection beside it, got "connection"'],
      [call, { connection, servers }, "connection: expected nothing else beside it"],
      [call, { connection, connect: {} }, "connection: expected nothing else beside it"],
      [call, { servers, connect: { servers } }, "servers: expected to stand here or in connect"],
    ])
    await t.rejects(Promise.resolve(call({ servers })), { name: "NoServer" }, "none but that one")
  }
})

t.test("the compiler knows all of them too", async (t) => {
  const calls: (() => unknown)[] = [
    // @ts-expect-error: leaseMs
    () => joinPool({ lease: 200 }),
    // @ts-expect-error: eligible
    () => joinPool({ local, noLead: true }),
    // @ts-expect-error: servers
    () => joinPool({ connect: { server: "a" } }),
    // @ts-expect-error: withinMs
    () => joinPool({ restarts: { failures: 5, within: 1 } }),
    // @ts-expect-error: connect
    () => PoolClient.connect({ conect: { servers: "a" } }),
    // @ts-expect-error: pool
    () => new PoolClient({ bus, poool: "mail" }),
    // @ts-expect-error: idempotent
    () => client.work("x", { idempotant: true }),
    // @ts-expect-error: clock
    () => new LocalPools({ clocks: 1 }),
  ]
  for (const call of calls) {
    const told = Promise.resolve().then(call)
    await t.rejects(told, { name: "BadInput" })
  }
})

t.test("the nearest word", async (t) => {
  const words = ["lead", "leaderWork", "leaseMs", "renewMs", "local", "labels"]
  const near = { Lead: "lead", lease: "leaseMs", lables: "labels", leadWork: "leaderWork" }
  for (const [written, word] of Object.entries(near)) t.equal(nearestWord(written, words), word)
  t.equal(nearestWord("x", words), undefined)
  t.equal(nearestWord("telephone", words), undefined)
  t.equal(nearestWord("", words), undefined)
})
