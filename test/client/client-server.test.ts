import { connect } from "nats"
import t from "tap"
import { PoolClient } from "../../src/client/client.js"
import { Seal } from "../../src/protocol/reply.js"
import type { Job } from "../../src/work/job.js"
import { Events } from "../fixtures/events.js"
import { testPool } from "../fixtures/pool.js"
import { testServer } from "../fixtures/server.js"

t.test("on a server", async (t) => {
  const server = await testServer(t, {
    config: `
      max_payload: 4096
      authorization {
        users: [
          { user: all, password: x }
          { user: mute, password: x, permissions: { publish: "other", subscribe: ">" } }
          { user: deaf, password: x, permissions: { publish: ">", subscribe: "work.claim" } }
          { user: private, password: x, permissions: { publish: ">", subscribe: "_MINE.>" } }
        ]
      }`,
  })
  const connectAs = (user: string) =>
    PoolClient.connect({ servers: server.url, user, password: "x" })

  t.test("a client with a connection of its own asks, and leaves nothing", async (t) => {
    const bus = await connect({ servers: server.url, user: "all", pass: "x", noAsyncTraces: true })
    t.teardown(() => bus.close())
    bus.subscribe("work", {
      callback: (_, message) => new Seal({ id: "A1", name: "a" }).answer(message, "done"),
    })
    await bus.flush()
    const client = await connectAs("all")
    const answers = await Promise.all(Array.from({ length: 256 }, () => client.work("10")))
    for (const answer of answers) t.equal(answer.text(), "done")
    await t.rejects(client.work("x".repeat(4097)), { name: "PayloadTooLarge", maxBytes: 4096 })
    const header = { headers: { Much: "x".repeat(4000) } }
    await t.rejects(client.work("x".repeat(200), header), { name: "PayloadTooLarge", bytes: 200 })
    await t.rejects(client.leaderWork("", { timeoutMs: 200 }), { name: "NoLeader" })
    const before = performance.now()
    await t.rejects(client.leaderWork("", { waitForWorkers: false, timeoutMs: 60_000 }), {
      name: "NoWorkers",
    })
    t.ok(performance.now() - before < 60_000, "at once")
    await client.close()
    await t.rejects(client.work(), { name: "ClientClosed" })
  })

  t.test("what is under way when the connection is lost is not waited for", async (t) => {
    const server = await testServer(t)
    const asked = new Events<string>()
    const connection = await connect({
      servers: server.url,
      reconnectTimeWait: 20,
      maxReconnectAttempts: -1,
    })
    t.teardown(() => connection.close())
    const client = new PoolClient({ bus: connection })
    for (const subject of ["work", "work.leader"]) {
      connection.subscribe(subject, {
        callback: (_error, message) => {
          asked.note(message.string())
          // Only what is repeated is answered.
          if (asked.all.filter((text) => text === message.string()).length > 1) message.respond()
        },
      })
    }
    const lost = { name: "ConnectionLost", code: "connection-lost" }
    const options = { timeoutMs: 60_000 }
    const failing = [
      t.rejects(client.work("once", options), lost),
      t.rejects(client.leaderWork("leader, once", options), lost),
    ]
    const repeated = [
      client.work("twice", { ...options, idempotent: true }),
      client.leaderWork("leader, twice", { ...options, idempotent: true }),
    ]
    await asked.until((all) => all.length === 4)
    await server.restart()
    await Promise.all([...failing, ...repeated])
    t.equal(asked.all.length, 6)
    await client.close()
  })

  t.test("who isn't permitted to ask learns that at once", async (t) => {
    for (const user of ["mute", "deaf"]) {
      const client = await connectAs(user)
      for (const ask of ["work", "leaderWork", "work"] as const) {
        await t.rejects(client[ask]("", { timeoutMs: 60_000 }), { name: "NotPermitted" })
      }
      await client.close()
    }
  })

  t.test("answers come where the connection says that its inboxes are", async (t) => {
    const login = { servers: server.url, pass: "x" }
    const bus = await connect({ ...login, user: "private", inboxPrefix: "_MINE" })
    const worker = await connect({ ...login, user: "all" })
    worker.subscribe("work", { callback: (_, message) => void message.respond("done") })
    await worker.flush()
    const client = new PoolClient({ bus })
    t.equal((await client.work("", { timeoutMs: 60_000 })).text(), "done")
    await Promise.all([bus.close(), worker.close()])
  })

  t.test("a connection that is drained or closed is told at once", async (t) => {
    const login = { servers: server.url, user: "all", pass: "x" }
    const worker = await connect(login)
    const asked = new Events<string>()
    worker.subscribe("work", { callback: (_, message) => asked.note(message.string()) })
    await worker.flush()
    for (const end of ["drain", "close"] as const) {
      const bus = await connect(login)
      const client = new PoolClient({ bus })
      const underWay = client.work(end, { timeoutMs: 60_000 }).catch((error) => error)
      await asked.until((all) => all.at(-1) === end)
      const ended = bus[end]()
      if (end === "drain") {
        await t.rejects(client.work("late"), { name: "DrainingConnectionError" })
      }
      t.match(await underWay, { name: "ClosedConnectionError" })
      await ended
      await t.rejects(client.work("late"), { name: /^(Closed|Draining)ConnectionError$/ })
    }
    await worker.close()
  })
})

t.test(
  "in a pool that changes its leader all the time nothing fails, or is done twice",
  async (t) => {
    const pool = await testPool(t)
    const times = new Map<string, number>()
    const leaderWork = (job: Job) => {
      times.set(job.text(), (times.get(job.text()) ?? 0) + 1)
      return job.text()
    }
    const workers = await Promise.all(
      ["a", "b", "c"].map((name) => pool.join(name, { leaderWork })),
    )
    const client = await PoolClient.connect({ servers: pool.server.url })
    const answered = new Events<string>()
    let asked = 0
    let isOver = false
    const asking = Array.from({ length: 10 }, async () => {
      while (!isOver) {
        const payload = String(asked++)
        const answer = await client.leaderWork(payload, { timeoutMs: 20_000 })
        answered.note(answer.text() === payload ? payload : `${answer.text()} for ${payload}`)
      }
    })
    for (let change = 1; change <= 5; change++) {
      const before = answered.all.length
      await answered.until((all) => all.length > before + 100)
      await workers.find((worker) => worker.isLeader)?.handOver()
    }
    isOver = true
    await Promise.all(asking)
    t.equal(answered.all.length, asked)
    t.strictSame(new Set(answered.all).size, asked)
    t.strictSame(
      [...times].filter(([, count]) => count !== 1),
      [],
    )
    const { term = 0 } = await client.leaderWork("last")
    t.ok(term > 0)
    await client.close()
  },
)
