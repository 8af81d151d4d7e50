/**
 * What can be learned of the servers under a pool: from the streams, from how each server greets, and, where somebody may
 * see it, from their monitoring. What nobody tells is left out.
 */
import type { StreamInfo } from "@nats-io/jetstream"
import { type NatsConnection, nanos } from "nats"
import { fieldOf } from "../errors/thrown.js"
import { findStream } from "../jetstream/find-stream.js"
import { serverInfoOf, serverNameIn } from "../nats/server-info.js"
import type { PoolNames } from "../protocol/names.js"

/** A server, by what it says of itself. */
export interface ServerFact {
  readonly name: string
  readonly version: string
}

/** What only its monitoring tells of a server. */
export interface Monitored {
  readonly name: string
  /** How long what was written may stay unwritten on disk, in ms; 0: not at all. */
  readonly syncMs?: number
  /** Whether it is a leaf node of other servers. */
  readonly isLeaf: boolean
}

export interface ReplicaFact {
  readonly name: string
  readonly current: boolean
  readonly offline?: boolean
  readonly lag?: number
}

export interface StreamFact {
  readonly name: string
  /** As its configuration has it. */
  readonly replicas: number
  /** How long its entries live, in ms. */
  readonly ageMs: number
  readonly leader: string | undefined
  /** The others that have one. */
  readonly others: readonly ReplicaFact[]
}

export interface ClusterFacts {
  /** Whether the server is one of several. */
  readonly isClustered: boolean
  /** Those that greeted. */
  readonly servers: readonly ServerFact[]
  /** Those whose monitoring could be seen. */
  readonly monitored: readonly Monitored[]
  /** The JetStream domain of the server that we are connected to. */
  readonly domain: string | undefined
  readonly bucket: StreamFact | undefined
  /** The other streams of the pool, those that there are. */
  readonly streams: readonly StreamFact[]
}

const GREETING_MS = 500
const SYSTEM_MS = 300

/** `monitoring`: addresses of the servers' monitoring, as `http://n1:8222`. */
export async function clusterFacts(
  connection: NatsConnection,
  names: PoolNames,
  monitoring: readonly string[],
): Promise<ClusterFacts> {
  const { info } = connection
  const find = async (name: string) => {
    // What can't be said of it is found by others that look at it.
    const stream = await findStream(connection, name).catch(() => undefined)
    return stream && streamFact(name, stream)
  }
  const others = [names.historyStream, names.fencedStream]
  const [bucket, ...streams] = await Promise.all([`KV_${names.bucket}`, ...others].map(find))
  const own = { name: serverNameIn(info) ?? "this one", version: info?.version ?? "" }
  const greeted = await Promise.all((info?.connect_urls ?? []).map(greetingOf))
  const servers = new Map([own, ...greeted.flatMap((it) => it ?? [])].map((it) => [it.name, it]))
  const monitored = await Promise.all(monitoring.map(monitoredBy))
  return {
    isClustered: info?.cluster !== undefined,
    servers: [...servers.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
    monitored: [...monitored.flatMap((it) => it ?? []), ...(await monitoredBySystem(connection))],
    domain: (info as { domain?: string } | undefined)?.domain,
    bucket,
    streams: streams.flatMap((it) => it ?? []),
  }
}

function streamFact(name: string, { config, cluster }: StreamInfo): StreamFact {
  const { leader, replicas: others = [] } = cluster ?? {}
  const { num_replicas: count, max_age } = config
  return { name, replicas: count, ageMs: max_age / nanos(1), leader: leader || undefined, others }
}

async function greetingOf(address: string): Promise<ServerFact | undefined> {
  const { hostname, port } = new URL(`nats://${address}`)
  const greeting = await serverInfoOf(Number(port), hostname.replace(/^\[|\]$/g, ""), GREETING_MS)
  if (typeof greeting === "string" || greeting.name === undefined) return undefined
  return { name: greeting.name, version: greeting.version }
}

async function monitoredBy(url: string): Promise<Monitored | undefined> {
  try {
    const answer = await fetch(new URL("/varz", url), { signal: AbortSignal.timeout(2_000) })
    return monitoredIn(await answer.json())
  } catch {
    return undefined
  }
}

/** Whoever may ask the system account is told by every server. */
async function monitoredBySystem(connection: NatsConnection): Promise<Monitored[]> {
  const found: Monitored[] = []
  try {
    const most = { strategy: "timer", maxWait: SYSTEM_MS } as const
    const answers = await connection.requestMany("$SYS.REQ.SERVER.PING.VARZ", "", most)
    for await (const answer of answers) {
      if (answer.data.length > 0) found.push(monitoredIn(fieldOf(answer.json(), "data")))
    }
  } catch {
    // Few users may.
  }
  return found
}

/** What `/varz` says. */
export function monitoredIn(varz: unknown): Monitored {
  const config = fieldOf(fieldOf(varz, "jetstream"), "config")
  const interval = fieldOf(config, "sync_interval")
  const syncMs = fieldOf(config, "sync_always") === true ? 0 : Number(interval) / 1e6
  const remotes = fieldOf(fieldOf(varz, "leaf"), "remotes")
  return {
    name: String(fieldOf(varz, "server_name") ?? ""),
    ...(Number.isFinite(syncMs) && { syncMs }),
    isLeaf: Array.isArray(remotes) && remotes.length > 0,
  }
}
