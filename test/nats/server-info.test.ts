import { createServer, type Socket } from "node:net"
import t, { type Test } from "tap"
import { serverInfoOf } from "../../src/nats/server-info.js"
import { randomPort, testServer } from "../fixtures/server.js"

t.test("a server greets with its version, JetStream and largest payload", async (t) => {
  const server = await testServer(t, { config: "max_payload: 2048" })
  t.strictSame(await serverInfoOf(server.port), {
    version: server.version,
    isJetStreamOn: true,
    maxPayload: 2048,
  })
})

t.test("a server without JetStream says so", async (t) => {
  const server = await testServer(t, { jetstream: false })
  t.match(await serverInfoOf(server.port), { isJetStreamOn: false })
})

t.test("a server that wants credentials greets like any other", async (t) => {
  const server = await testServer(t, { config: "authorization { token: secret }" })
  t.match(await serverInfoOf(server.port), { isJetStreamOn: true })
})

t.test("where nobody listens, nobody greets", async (t) => {
  t.equal(await serverInfoOf(randomPort()), "nobody")
})

t.test("whoever says something else is a stranger, at once", { timeout: 50_000 }, async (t) => {
  const cases: [string, (socket: Socket) => void][] = [
    ["speaks HTTP", (socket) => void socket.write("HTTP/1.1 400 Bad Request\r\n\r\n")],
    ["greets with what is no JSON", (socket) => void socket.write("INFO {nonsense}\r\n")],
    ["never ends its line", (socket) => void socket.write("INFO ".padEnd(200_000, "x"))],
    ["hangs up", (socket) => void socket.end()],
    ["breaks off", (socket) => void socket.resetAndDestroy()],
  ]
  for (const [what, greet] of cases) {
    t.equal(await serverInfoOf(await listening(t, greet), "127.0.0.1", 60_000), "stranger", what)
  }
})

t.test("whoever says nothing is a stranger after a while", async (t) => {
  t.equal(await serverInfoOf(await listening(t, () => {}), "127.0.0.1", 100), "stranger")
})

t.test("a greeting may come in pieces", async (t) => {
  // longer than what is read at once
  const name = "x".repeat(65_600)
  const greeting = { server_name: name, version: "2.9.1", jetstream: true }
  const port = await listening(t, (socket) => {
    socket.write(`INFO ${JSON.stringify(greeting)} \r\n`)
  })
  t.strictSame(await serverInfoOf(port), {
    ...{ version: "2.9.1", isJetStreamOn: true, maxPayload: 0 },
    name,
  })
})

function listening(t: Test, greet: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    socket.on("error", () => {})
    greet(socket)
  })
  t.teardown(() => server.close())
  return new Promise((done) => {
    server.listen(0, "127.0.0.1", () => done((server.address() as { port: number }).port))
  })
}
