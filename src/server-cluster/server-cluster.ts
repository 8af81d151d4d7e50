/**
 * Clustered servers on this machine, for those who want to try a pool on more than one: each has ports, a name, files, a
 * log and a configuration file of its own, all in one folder. What is started here is stopped here, and does not outlive
 * this process.
 */
import { mkdirSync, writeFileSync } from "node:fs"
import { join, resolve } from "node:path"
import { setTimeout as delay } from "node:timers/promises"
import { ServerFailed } from "../errors/server-errors.js"
import { type ClusterPlan, configOf, serverName } from "./cluster-config.js"
import { ClusteredServer } from "./clustered-server.js"
import { healthOf, metaGroupOf } from "./monitoring.js"

export interface ServerClusterOptions extends Omit<ClusterPlan, "clusterName"> {
  /** Path of the program, as `findServer` returns it. */
  readonly binary: string
  /** Holds the configurations (`n1.conf` and so on) and the files of each server (`n1`). */
  readonly folder: string
  /** Where the logs are: `nats-n1.log` and so on. Default: the same folder. */
  readonly logDir?: string
  /** Default `pool`. */
  readonly clusterName?: string
  /** How long all may take until they are healthy, in ms. Default 30000: an election among servers takes 4 to 9 s. */
  readonly readyWithinMs?: number
  /** Gives up waiting for them to be healthy. */
  readonly signal?: AbortSignal | undefined
  /** How long a server outlives the death of this process, in ms. Default 5000. */
  readonly orphanGraceMs?: number
  /** Told whenever the state of a server has changed. */
  readonly onState?: (server: ClusteredServer) => void
}

/** What can be done to one of the servers. */
export type ServerLever = "stop" | "kill" | "lame-duck" | "bring-back" | "bring-back-empty"

const POLL_MS = 50
const READY_WITHIN_MS = 30_000
const NOBODY = "nobody leads the cluster"

export class ServerCluster {
  readonly servers: readonly ClusteredServer[]
  readonly folder: string
  readonly clusterName: string
  readonly #followers = new Set<() => void>()

  private constructor(options: ServerClusterOptions) {
    const { ports, clusterName = "pool", more, reach } = options
    this.folder = resolve(options.folder)
    this.clusterName = clusterName
    const logDir = resolve(options.logDir ?? this.folder)
    mkdirSync(this.folder, { recursive: true })
    this.servers = ports.map((own, index) => {
      const name = serverName(index)
      const configFile = join(this.folder, `${name}.conf`)
      writeFileSync(configFile, configOf({ clusterName, ports, more, reach }, index))
      return new ClusteredServer({
        name,
        ports: own,
        storeDir: join(this.folder, name),
        start: {
          binary: options.binary,
          name: `nats-server ${name}`,
          port: own.client,
          httpPort: own.monitoring,
          cwd: this.folder,
          configFile,
          logFile: join(logDir, `nats-${name}.log`),
          orphanGraceMs: options.orphanGraceMs,
        },
        onState: (server) => {
          options.onState?.(server)
          for (const changed of this.#followers) changed()
        },
      })
    })
  }

  /**
   * Starts one server for each entry of `ports`, and resolves when all are healthy and one leads the cluster. Throws
   * ServerFailed, naming the server, if one does not come up; then none is left.
   */
  static async start(options: ServerClusterOptions): Promise<ServerCluster> {
    const cluster = new ServerCluster(options)
    const starts = await Promise.allSettled(cluster.servers.map((server) => server.start()))
    try {
      for (const start of starts) if (start.status === "rejected") throw start.reason
      await cluster.healthy(options.readyWithinMs, options.signal)
      return cluster
    } catch (error) {
      await cluster.kill()
      throw error
    }
  }

  /** Tells when the state of a server has changed, until what is returned is called. */
  follow(changed: () => void): () => void {
    this.#followers.add(changed)
    return () => this.#followers.delete(changed)
  }

  /** Pulls a lever at the server `name`; resolves when that is done: for a lame duck when it has ended. */
  async order(name: string, lever: ServerLever): Promise<void> {
    const server = this.named(name)
    if (!server) throw new Error("there is no such server")
    switch (lever) {
      case "stop":
        return server.stop()
      case "kill":
        return server.kill()
      case "lame-duck":
        server.lameDuck()
        return server.ended
      case "bring-back":
        return server.start()
      case "bring-back-empty":
        return server.start({ isEmpty: true })
    }
  }

  /** Addresses of all, for `servers` of a connection. */
  get urls(): string[] {
    return this.servers.map(({ url }) => url)
  }

  /** The server of this name. */
  named(name: string | undefined): ClusteredServer | undefined {
    return this.servers.find((server) => server.name === name)
  }

  /**
   * Resolves when each server that is up is healthy, and they agree on who leads the cluster. Throws ServerFailed with what
   * the first of those says that are not, after `withinMs`.
   */
  async healthy(withinMs = READY_WITHIN_MS, signal?: AbortSignal): Promise<void> {
    const deadline = performance.now() + withinMs
    for (;;) {
      signal?.throwIfAborted()
      const ill = await this.#firstIll()
      if (!ill) return
      if (performance.now() > deadline) {
        const { server, why } = ill
        const reason = `${why} after ${withinMs} ms`
        throw new ServerFailed(reason, server.logFile, {}, `nats-server ${server.name}`)
      }
      await delay(POLL_MS)
    }
  }

  /** The server that leads the cluster's own bookkeeping, as those that are up have it; undefined if they do not agree. */
  async metaLeader(): Promise<ClusteredServer | undefined> {
    const up = this.servers.filter(({ state }) => state === "up")
    const named = await Promise.all(up.map(leaderBy))
    return new Set(named).size === 1 ? this.named(named[0]) : undefined
  }

  /** Stops all at once, kindly; after `graceMs` (5000) by force. */
  async stop(graceMs?: number): Promise<void> {
    await Promise.all(this.servers.map((server) => server.stop(graceMs)))
  }

  /** Ends all by SIGKILL. */
  async kill(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.kill()))
  }

  async #firstIll(): Promise<{ server: ClusteredServer; why: string } | undefined> {
    const up = this.servers.filter(({ state }) => state === "up")
    for (const server of up) {
      const health = await healthOf(server.monitoringUrl)
      if (health !== "ok") return { server, why: health ?? "no answer from its monitoring port" }
    }
    const [first] = this.servers
    if (up.length === 0) return first && { server: first, why: "no server is up" }
    return (await this.metaLeader()) ? undefined : { server: up[0] as ClusteredServer, why: NOBODY }
  }
}

async function leaderBy(server: ClusteredServer): Promise<string | undefined> {
  return (await metaGroupOf(server.monitoringUrl))?.leader
}
