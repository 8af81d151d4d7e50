/**
 * Clustered servers with a network between each two of them, which can be cut: every server reaches every other through a
 * proxy of its own, and in no other way. Clients reach all.
 */
import type { Test } from "tap"
import { freePorts } from "../../src/server-cluster/free-ports.js"
import type { ServerCluster } from "../../src/server-cluster/server-cluster.js"
import { testServers } from "../fixtures/servers.js"
import { TcpProxy } from "./proxy.js"

export class Routes {
  readonly #between: ReadonlyMap<string, TcpProxy>

  constructor(between: ReadonlyMap<string, TcpProxy>) {
    this.#between = between
  }

  /** Cuts one server off from all others, by index. */
  cutOff(index: number): void {
    for (const network of this.#of(index)) network.cut()
  }

  heal(): void {
    for (const network of this.#between.values()) network.heal()
  }

  #of(index: number): TcpProxy[] {
    const own = [...this.#between].filter(([way]) => way.split(" ").includes(`${index}`))
    return own.map(([, network]) => network)
  }
}

/** Three clustered servers, and the networks between them. */
export async function routedServers(t: Test): Promise<{ cluster: ServerCluster; routes: Routes }> {
  const ports = await freePorts(3)
  const between = new Map<string, TcpProxy>()
  for (const [from] of ports.entries()) {
    for (const [to, { route }] of ports.entries()) {
      if (from !== to) between.set(`${from} ${to}`, await TcpProxy.before(route))
    }
  }
  const reach = (from: number, to: number) => {
    const { url = "" } = between.get(`${from} ${to}`) ?? {}
    return Number(new URL(url).port)
  }
  // Taken down after the servers.
  t.teardown(() => Promise.all([...between.values()].map((network) => network.close())))
  const cluster = await testServers(t, { ports, reach })
  return { cluster, routes: new Routes(between) }
}
