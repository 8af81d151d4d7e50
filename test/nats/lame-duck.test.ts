import type { NatsConnection } from "nats"
import t from "tap"
import { connectToNats } from "../../src/nats/connection.js"
import { ServerMove } from "../../src/nats/lame-duck.js"
import { testServer } from "../fixtures/server.js"
import { skipsClusters, testServers } from "../fixtures/servers.js"
import { until } from "../fixtures/until.js"

const skip = await skipsClusters()

t.test("who is told that its server goes moves to another one, once", { skip }, async (t) => {
  const cluster = await testServers(t, { size: 2 })
  const [first, second] = cluster.servers
  const connection = await connectToNats({ servers: first?.url ?? "" })
  t.teardown(() => connection.close())
  let told = 0
  const move = new ServerMove(connection, () => {
    told += 1
  })
  t.notOk(move.isDue)
  await until("both servers are known", () => urlsKnownTo(connection).length === 2)
  first?.lameDuck()
  await until("it is told", () => told > 0)
  t.ok(move.isDue)
  const beside = await move.second()
  t.equal(beside.info?.server_name, second?.name, "though it was given the first alone")
  await beside.close()
  await move.move()
  t.equal(connection.info?.server_name, second?.name)
  t.notOk(move.isDue)
  await move.move()
  t.equal(told, 1)
  move.close()
})

t.test("who knows no other server stays as long as it may", async (t) => {
  const server = await testServer(t)
  const connection = await connectToNats({ servers: server.url })
  t.teardown(() => connection.close())
  let hasHeard = false
  const listening = (async () => {
    for await (const { type } of connection.status()) if (type === "ldm") hasHeard = true
  })()
  let told = 0
  const move = new ServerMove(connection, () => {
    told += 1
  })
  process.kill(server.pid, "SIGUSR2")
  await until("it says so", () => hasHeard)
  t.equal(told, 0)
  await move.move()
  t.notOk(connection.isClosed())
  move.close()
  await connection.close()
  await listening
})

function urlsKnownTo(connection: NatsConnection): readonly string[] {
  return connection.info?.connect_urls ?? []
}
