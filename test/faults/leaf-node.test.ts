/** A worker behind a leaf node, which has a JetStream of its own, in a pool of the hub. */
import t, { type Test } from "tap"
import { freePorts } from "../../src/server-cluster/free-ports.js"
import { joinPool } from "../../src/worker/worker.js"
import { runPool } from "../fixtures/cli.js"
import { LONG_LEASE_MS, SHORT_LEASE_MS } from "../fixtures/leases.js"
import { testServer } from "../fixtures/server.js"
import { skipsClusters } from "../fixtures/servers.js"
import { until } from "../fixtures/until.js"
import { TcpProxy } from "./proxy.js"

const skip = await skipsClusters()

/** A hub, a leaf node, and the link between them. */
async function hubAndLeaf(t: Test) {
  const [ports] = await freePorts(1)
  const port = ports?.route ?? 0
  const hubConfig = `server_name: hub\njetstream { domain: hub }\nleafnodes { listen: "127.0.0.1:${port}", advertise: "127.0.0.1:1", compression: off }`
  const hub = await testServer(t, { config: hubConfig })
  const link = await TcpProxy.before(port)
  const remote = `{ url: "${link.url.replace("nats:", "nats-leaf:")}" }`
  const leafConfig = `server_name: leaf\njetstream { domain: leaf }\nleafnodes { reconnect: 1, remotes: [${remote}] }`
  t.teardown(() => link.close())
  const leaf = await testServer(t, { config: leafConfig })
  return { hub, link, leaf }
}

t.test(
  "a worker behind a leaf node joins, leads, and is followed by one of the hub",
  {
    skip,
  },
  async (t) => {
    const { hub, leaf } = await hubAndLeaf(t)
    const shared = { leaseMs: LONG_LEASE_MS, waitMs: 10_000 }
    const b = await joinPool({ ...shared, servers: leaf.url, name: "b", jsDomain: "hub" })
    await until("b leads", () => b.isLeader)
    const [args, flags] = [
      ["doctor", "--json", "--servers", leaf.url],
      ["--js-domain", "hub"],
    ]
    const { out } = await runPool(t, [...args, ...flags, "--lease", `${LONG_LEASE_MS}ms`])
    const findings = out.trim().split("\n").map((line) => JSON.parse(line)) // biome-ignore format: one line
    t.match(
      findings.find(({ what }) => what === "replicas"),
      { verdict: "ok", says: "one, on a single server" },
      "the doctor sees the bucket of the hub",
    )
    const a = await joinPool({ ...shared, servers: hub.url, name: "a" })
    await until("a is next", () => b.leader?.claim.heirs.length === 1)
    await b.leave()
    await until("a leads", () => a.isLeader)
    await a.leave()
  },
)

t.test("one whose link is cut stands down by its own clock", { skip }, async (t) => {
  const { leaf, link } = await hubAndLeaf(t)
  const shared = { leaseMs: SHORT_LEASE_MS, waitMs: 10_000 }
  const b = await joinPool({ ...shared, servers: leaf.url, name: "b", jsDomain: "hub" })
  await until("it leads", () => b.isLeader)
  const { signal } = b.leadership ?? {}
  link.cut()
  await until("its signal has fired", () => signal?.aborted === true)
  t.match(signal?.reason, { reason: "lease over" })
  t.notOk(b.isLeader)
  link.heal()
  await until("it leads again", () => b.isLeader)
  await b.leave()
})
