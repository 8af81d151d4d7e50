import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import t from "tap"
import { connectToNats } from "../../src/nats/connection.js"
import type { ClusteredServer } from "../../src/server-cluster/clustered-server.js"
import { freePorts } from "../../src/server-cluster/free-ports.js"
import { metaGroupOf } from "../../src/server-cluster/monitoring.js"
import { ServerCluster } from "../../src/server-cluster/server-cluster.js"
import { tempFolder } from "../fixtures/folder.js"
import { isAlive } from "../fixtures/programs.js"
import { serverProgram } from "../fixtures/server.js"
import { skipsClusters, testServers } from "../fixtures/servers.js"
import { until } from "../fixtures/until.js"

const skip = await skipsClusters()

t.test("three servers come and go, each in its own way", { skip }, async (t) => {
  const states: string[] = []
  const onState = ({ name, state }: { name: string; state: string }) =>
    states.push(`${name} ${state}`)
  const cluster = await testServers(t, { onState })
  const [n1, n2, n3] = cluster.servers as [ClusteredServer, ClusteredServer, ClusteredServer]

  t.match(await metaGroupOf(n1.monitoringUrl), { cluster_size: 3 }, "they are one cluster")
  t.ok(await cluster.metaLeader(), "that has a leader")
  t.strictSame(
    readdirSync(cluster.folder).filter((name) => name.endsWith(".conf")),
    ["n1.conf", "n2.conf", "n3.conf"],
  )

  states.length = 0
  n1.lameDuck()
  t.equal(n1.state, "lame duck")
  await n1.start()
  t.strictSame(states.splice(0), ["n1 lame duck", "n1 down", "n1 starting", "n1 up"])
  await cluster.healthy()

  await n2.kill()
  t.equal(n2.state, "down")
  t.equal(n2.pid, undefined)
  t.ok(existsSync(join(n2.storeDir, "jetstream")))
  const file = join(n2.storeDir, "jetstream", "from its last life")
  writeFileSync(file, "")
  await cluster.order("n2", "bring-back-empty")
  await cluster.healthy()
  t.notOk(existsSync(file), "one comes back without its files, and is filled again")

  await Promise.all([n3.stop(), n3.start()])
  t.equal(n3.state, "up", "a start waits for the end that was asked for before")
  const connection = await connectToNats({ servers: n3.url })
  t.equal(connection.info?.server_name, "n3")
  await connection.close()
})

t.test("a port that is taken is named, and no server is left", { skip }, async (t) => {
  const ports = await freePorts(3)
  const taken = createServer()
  await new Promise<void>((done) => taken.listen(ports[1]?.client, "127.0.0.1", done))
  t.teardown(() => taken.close())
  const folder = tempFolder(t)
  const { path: binary } = await serverProgram()
  const pids: number[] = []
  const onState = ({ pid }: { pid?: number | undefined }) => pid !== undefined && pids.push(pid)
  await t.rejects(ServerCluster.start({ binary, folder, ports, onState }), {
    code: "server-failed",
    message: /^nats-server n2 did not start: .*address already in use.*nats-n2\.log$/,
  })
  await until("all are gone", () => !pids.some(isAlive))
  t.match(readFileSync(join(folder, "n2.conf"), "utf8"), "server_name: n2")
})
