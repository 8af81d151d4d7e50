import { once } from "node:events"
import { existsSync } from "node:fs"
import { connect as connectSocket } from "node:net"
import { connect } from "nats"
import t, { type Test } from "tap"
import { serverInfoOf } from "../src/nats/server-info.js"
import { isAlive } from "./fixtures/programs.js"
import { testServer } from "./fixtures/server.js"

/** A test whose end we decide, and see. */
function endable() {
  const handlers: (() => unknown)[] = []
  const test = { teardown: (handler: () => unknown) => handlers.push(handler) } as unknown as Test
  return { test, end: async () => void (await Promise.all(handlers.map((handler) => handler()))) }
}

t.test("when its test ends, the server, its port and its files are gone", async (t) => {
  const { test, end } = endable()
  const server = await testServer(test)
  t.ok(isAlive(server.pid))
  await end()
  t.notOk(isAlive(server.pid))
  t.notOk(existsSync(server.folder))
})

t.test("a client that is still connected fails the test, by name", async (t) => {
  const { test, end } = endable()
  const server = await testServer(test, { leavingMs: 1_000 })
  const client = await connect({ servers: server.url, name: "forgotten", reconnect: false })
  t.match(await server.connections(), [{ name: "forgotten", subscriptions: Number }])
  await t.rejects(end(), {
    message: /^left connected to the test's server: forgotten \(cid \d+\)$/,
  })
  t.notOk(isAlive(server.pid), "the server is stopped all the same")
  t.notOk(existsSync(server.folder))
  await client.closed()
})

t.test("a client that leaves while the test ends is waited for", async (t) => {
  const { test, end } = endable()
  const server = await testServer(test)
  const client = await connect({ servers: server.url })
  await Promise.all([end(), client.close()])
  t.pass("nothing was thrown")
})

t.test("a restart keeps the port, and the store unless told otherwise", async (t) => {
  const server = await testServer(t)
  const { port, pid } = server
  await putSomething(server.url)
  await server.restart()
  t.match(await serverInfoOf(port), { isJetStreamOn: true })
  t.not(server.pid, pid)
  t.equal(await countOfStreams(server.monitoringUrl), 1)
  await server.kill()
  t.notOk(isAlive(server.pid))
  await server.restart({ keepStore: false })
  t.equal(await countOfStreams(server.monitoringUrl), 0)
})

t.test("a frozen server accepts and does not answer, until it is thawed", async (t) => {
  const server = await testServer(t)
  server.freeze()
  const socket = connectSocket(server.port, "127.0.0.1")
  await once(socket, "connect")
  const greeted = once(socket, "data")
  server.thaw()
  t.match(String(await greeted), /^INFO /)
  socket.destroy()
})

async function putSomething(url: string) {
  const { jetstreamManager } = await import("@nats-io/jetstream")
  const client = await connect({ servers: url })
  const manager = await jetstreamManager(client)
  await manager.streams.add({ name: "kept", subjects: ["kept"] })
  await client.close()
}

async function countOfStreams(monitoringUrl: string): Promise<number> {
  const answer = await fetch(`${monitoringUrl}/jsz`, { headers: { connection: "close" } })
  return ((await answer.json()) as { streams: number }).streams
}
