/**
 * A cluster of servers on this machine, for who has none running: the program is found or fetched, and started as often as
 * asked for. All that it writes is in `.pool` of one folder: configurations and JetStream's files in `servers-3`, logs in
 * `logs`. Unlike with one server, nothing that listens already is taken for it.
 */
import { join, resolve } from "node:path"
import { ClusterPortTaken } from "../errors/server-errors.js"
import { DEFAULT_PORT } from "../nats-server/default-port.js"
import { type FetchOptions, findOrFetchServer } from "../nats-server/fetch-server.js"
import type { FindOptions } from "../nats-server/find-server.js"
import { freePorts, isFree, type ServerPorts } from "./free-ports.js"
import { ServerCluster } from "./server-cluster.js"

/** The oldest server of which several carry a pool. */
export const OLDEST_CLUSTERED = "2.12"

/** On the usual port for clients the others are the usual ones, too. */
const ROUTE_PORT = 6222
const MONITORING_PORT = 8222

export interface LocalClusterOptions extends Omit<FetchOptions & FindOptions, "into"> {
  /** How many servers. */
  readonly size: number
  /** Port for clients of the first; the others have the next ones. Default 4222. */
  readonly port?: number
  /** The folder with `.pool` in it. Default: the one this process stands in. */
  readonly folder?: string
}

/**
 * Starts `size` servers; resolves when they are healthy and agree on a leader. Throws ClusterPortTaken, ServerFailed, and
 * what `findOrFetchServer` throws.
 */
export async function localCluster(options: LocalClusterOptions): Promise<ServerCluster> {
  const { size, port = DEFAULT_PORT, signal } = options
  const folder = resolve(options.folder ?? ".", ".pool")
  const wanted = { oldest: OLDEST_CLUSTERED, purpose: "a cluster" }
  const program = await findOrFetchServer({ ...options, ...wanted, into: join(folder, "bin") })
  const ports = await portsFrom(port, size)
  for (const taken of ports.flatMap(({ client, route, monitoring }) => [
    client,
    route,
    monitoring,
  ])) {
    if (!(await isFree(taken))) throw new ClusterPortTaken(taken, size)
  }
  // Servers on other ports must not share their files.
  const own = port === DEFAULT_PORT ? `servers-${size}` : `servers-${size}-${port}`
  return ServerCluster.start({
    binary: program.path,
    ports,
    folder: join(folder, own),
    logDir: join(folder, "logs"),
    signal,
  })
}

async function portsFrom(first: number, size: number): Promise<ServerPorts[]> {
  const free = first === DEFAULT_PORT ? [] : await freePorts(size)
  return Array.from({ length: size }, (_, n) => ({
    client: first + n,
    route: free[n]?.route ?? ROUTE_PORT + n,
    monitoring: free[n]?.monitoring ?? MONITORING_PORT + n,
  }))
}
