/** The servers under `pool cluster`: one that runs already, one that is started for it, or several as a cluster. */
import { relative } from "node:path"
import { plural } from "../dashboard/drawing/format.js"
import { type LocalServer, localServer } from "../nats-server/local-server.js"
import { localCluster } from "../server-cluster/local-cluster.js"
import type { ServerCluster } from "../server-cluster/server-cluster.js"

export interface ServersWanted {
  readonly port: number
  readonly serverCount: number
  readonly signal: AbortSignal
  /** Told what is being done. */
  readonly report: (line: string) => void
}

export interface ClusterServers {
  readonly urls: readonly string[]
  /** What will be stopped, in words; undefined if nothing is ours. */
  readonly own: string | undefined
  /** If there are several. */
  readonly cluster?: ServerCluster
  /** Stops what is ours, after `graceMs` (5000) by force. */
  stop(graceMs?: number): Promise<void>
}

export async function startServers(wanted: ServersWanted): Promise<ClusterServers> {
  return wanted.serverCount > 1 ? several(wanted) : one(wanted)
}

async function one({ port, report, signal }: ServersWanted): Promise<ClusterServers> {
  const server = await localServer({ env: process.env, port, report, signal })
  report(serverLine(server))
  const { url, started } = server
  return {
    urls: [url],
    own: started && "the server",
    stop: async (graceMs) => started?.stop(graceMs),
  }
}

async function several({ port, serverCount, report, signal }: ServersWanted) {
  const size = serverCount
  report(`starting ${plural(size, "server")}`)
  const cluster = await localCluster({ size, env: process.env, port, report, signal })
  const addresses = cluster.servers.map(({ name, url }) => `${name} at ${url}`).join(", ")
  const [first] = cluster.servers
  report(`nats-server ${first?.version}: ${addresses}; log: ${logs(cluster)}`)
  report(
    `their configuration, to read and to copy: ${relative(".", cluster.folder)}/n1.conf and so on`,
  )
  return {
    urls: cluster.urls,
    own: plural(size, "server"),
    cluster,
    stop: (graceMs?: number) => cluster.stop(graceMs),
  }
}

function logs({ servers: [first] }: ServerCluster): string {
  return `${relative(".", first?.logFile ?? "")} and so on`
}

function serverLine({ url, version, started }: LocalServer): string {
  return started
    ? `nats-server ${version} at ${url}; log: ${started.logFile}`
    : `nats-server ${version} runs at ${url} already; it is used, and not stopped`
}
