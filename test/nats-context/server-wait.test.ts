import { once } from "node:events"
import { createServer } from "node:net"
import t, { type Test } from "tap"
import { PoolClient } from "../../src/client/client.js"
import { NotNats } from "../../src/errors/connection-errors.js"
import { BadInput, NoJetStream } from "../../src/errors/errors.js"
import { connectToNats } from "../../src/nats/connection.js"
import { waitingFor } from "../../src/nats-context/server-wait.js"
import { joinPool } from "../../src/worker/worker.js"
import { startPool } from "../fixtures/cli.js"
import { randomPort, testServer } from "../fixtures/server.js"
import { PATIENCE_MS, until } from "../fixtures/until.js"

const waitMs = PATIENCE_MS

/** An address where nobody listens, and a server there when it is time. */
function later(t: Test) {
  const port = randomPort()
  return { servers: `127.0.0.1:${port}`, comes: () => testServer(t, { port }) }
}

/** An address where somebody accepts connections and says nothing. */
async function silent(t: Test) {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  t.teardown(() => server.close())
  const { port } = server.address() as { port: number }
  return { servers: `127.0.0.1:${port}`, asked: once(server, "connection") }
}

t.test("a server that is not there yet is waited for, and that is said once", async (t) => {
  const { servers, comes } = later(t)
  const told: string[] = []
  const onWait = (what: string) => told.push(what)
  const connecting = connectToNats({ servers, waitMs, onWait })
  const joining = joinPool({
    connect: { servers, waitMs },
    report: (problem) => told.push(problem),
  })
  const asking = PoolClient.connect({ servers, waitMs, onWait })
  await until("all wait", () => told.length === 3)
  await comes()
  await (await connecting).close()
  await (await asking).close()
  await (await joining).leave()
  t.strictSame([...new Set(told)].length, 1)
  t.match(told, Array(3).fill(/^waiting up to 1m, for: no NATS server at .*; start one with/))
})

t.test(
  "when the time is over it is the error that it was, and says how long that took",
  async (t) => {
    const { servers } = later(t)
    const message = /^waited 100ms in vain: no NATS server at /
    const error = { name: "NoServer", code: "no-server", message }
    await t.rejects(connectToNats({ servers, waitMs: 100 }), error)
    await t.rejects(
      connectToNats({ servers }),
      { message: /^no NATS server at / },
      "not by default",
    )
    const server = await testServer(t, { jetstream: false })
    const connect = { servers: server.url, waitMs: 100 }
    await t.rejects(joinPool({ connect }), {
      code: "no-jetstream",
      message: /^waited 100ms in vain: J/,
    })
    await until("nobody is connected", async () => (await server.connections()).length === 0)
  },
)

t.test("only what time can mend is tried again", async (t) => {
  const failing = (...errors: unknown[]) => {
    let tries = 0
    const attempt = async () => {
      tries += 1
      if (errors.length > 0) throw errors.shift()
      return tries
    }
    return waitingFor({ waitMs }, attempt, () => {})
  }
  const jetstream = (code: number) => Object.assign(new Error("not yet"), { code })
  t.equal(await failing(new NotNats(["a"], 1), new NoJetStream("a"), jetstream(10008)), 4)
  t.equal(await failing(jetstream(10005), Object.assign(new Error(), { name: "TimeoutError" })), 3)
  for (const error of [new BadInput("a", "b", "c"), new TypeError("bug"), jetstream(10037)]) {
    await t.rejects(failing(error), error)
  }
  for (const waitMs of [-1, Number.NaN]) {
    await t.rejects(connectToNats({ waitMs }), { message: /^waitMs: expected 0 to / })
  }
})

t.test("a signal ends the wait, and a connection that comes after it is closed", async (t) => {
  const { servers } = later(t)
  const controller = new AbortController()
  const reason = new Error("enough")
  const onWait = () => controller.abort(reason)
  await t.rejects(connectToNats({ servers, waitMs, onWait, signal: controller.signal }), reason)
  await t.rejects(connectToNats({ servers, signal: AbortSignal.abort(reason) }), reason)
  const late = new AbortController()
  const { servers: mute, asked } = await silent(t)
  const connecting = connectToNats({ servers: mute, signal: late.signal })
  await asked
  late.abort(reason)
  await t.rejects(connecting, reason, "though nobody answers")
  const last = new AbortController()
  let discarded: unknown
  let arrive = (_it: string) => {}
  const attempt = () =>
    new Promise<string>((resolve) => {
      arrive = resolve
    })
  const waiting = waitingFor({ signal: last.signal }, attempt, (it) => {
    discarded = it
  })
  last.abort(reason)
  await t.rejects(waiting, reason)
  arrive("late")
  await until("it is discarded", () => discarded === "late")
})

t.test("a worker that is started before its server joins when it comes", async (t) => {
  const { servers, comes } = later(t)
  const args = ["--servers", servers, "--wait", "1m"]
  const worker = startPool(t, ["worker", ...args])
  const run = startPool(t, ["run", ...args, "--pool", "other", "--", "echo", "it ran"])
  for (const command of [worker, run]) await command.says(/^pool: waiting up to 1m, for: no NATS/m)
  await comes()
  await worker.says(/"msg":"leads"/)
  t.match(await run.ended(), { code: 0, out: /it ran/ })
  worker.child.kill("SIGTERM")
  t.match(await worker.ended(), { code: 0, err: /^pool: waiting.*\n$/ })
})

t.test("Ctrl-C ends what waits for its server, before it has begun", async (t) => {
  const { servers } = later(t)
  const connect = ["--servers", servers, "--wait", "1m"]
  for (const [code, ...args] of [
    [0, "worker"],
    [0, "run", "--", "echo", "it ran"],
    [0, "leader", "--watch"],
    [130, "work", "hello"],
  ] as const) {
    const [name, ...rest] = args
    const command = startPool(t, [name, ...connect, ...rest])
    await command.says(/waiting up to 1m/)
    command.child.kill(name === "run" ? "SIGTERM" : "SIGINT")
    t.match(await command.ended(), { code, out: "", err: /^pool: waiting[^\n]*\n$/ }, name)
  }
})

t.test("pool run hears a signal while nobody answers it", async (t) => {
  const { servers, asked } = await silent(t)
  const run = startPool(t, ["run", "--servers", servers, "--", "echo", "it ran"])
  await asked
  run.child.kill("SIGTERM")
  t.strictSame(await run.ended(), { code: 0, out: "", err: "" })
})

t.test("a command that has waited in vain says so, in one line", async (t) => {
  const { servers } = later(t)
  const { code, err } = await startPool(t, [
    "members",
    "--servers",
    servers,
    "--wait",
    "50ms",
  ]).ended()
  t.equal(code, 3)
  t.match(err, /^pool: waiting up to 50ms.*\npool: waited 50ms in vain: no NATS server.*\n$/)
})
