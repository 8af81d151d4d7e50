/** Three clustered servers, of which one after another goes and comes back while the pool works. Only in `make faults`. */
import t from "tap"
import type { ClusteredServer } from "../../src/server-cluster/clustered-server.js"
import type { ServerCluster } from "../../src/server-cluster/server-cluster.js"
import { skipsClusters, testServers } from "../fixtures/servers.js"
import { fleet } from "./fleet.js"
import { isAll, rounds } from "./rounds.js"

const skip = await skipsClusters()
if (!isAll) t.pass("these take a minute: make faults")
const LEASE_MS = 12_000
const WORKERS = { leaseMs: LEASE_MS, names: ["a", "b", "c"], settings: { replicas: 3 } }
/** About 200 requests a second. */
const ASKING = { asking: { each: 2, pauseMs: 36 } }

/** Restarts them one after another, each once all are well again. */
async function restarted(servers: readonly ClusteredServer[], cluster: ServerCluster) {
  for (const server of servers) {
    server.lameDuck()
    await server.ended
    await server.start()
    await cluster.healthy()
  }
}

for (const round of isAll ? rounds : []) {
  t.test(`a polite restart of the servers is noticed by nobody${round}`, { skip }, async (t) => {
    const cluster = await testServers(t)
    const it = await fleet(t, { ...WORKERS, ...ASKING, servers: cluster })
    await restarted(cluster.servers, cluster)
    await it.answers("a")
    const { reigns, unknown } = await it.verdict(t)
    t.equal(reigns.length, 1, "nobody else leads")
    t.equal(unknown, 0, "no request is lost")
    t.strictSame(
      it.history.all.filter(({ what }) => what === "ends"),
      [],
      "no signal fires",
    )
  })
}
