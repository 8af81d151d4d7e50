/** The servers of a cluster, put together from all that is known of them: by the stream, by whoever started them, by members. */
import type { ReplicaState, ServerSeen, ServerState, ServersSeen } from "./world/servers.js"

/** What the stream of the bucket says of the servers that have its replicas. */
export interface StreamCluster {
  readonly leader?: string
  /** Of the others. */
  readonly replicas?: readonly StreamReplica[]
}

export interface StreamReplica {
  readonly name: string
  readonly current: boolean
  readonly offline?: boolean
  readonly lag?: number
}

/** A server, by whoever started it. */
export interface ServerStarted {
  readonly name: string
  readonly state: ServerState
  readonly version: string
  readonly url: string
  readonly pid: number | undefined
}

export interface ServerSigns {
  /** Undefined while nobody leads it, and before there is one. */
  readonly stream: StreamCluster | undefined
  readonly started: readonly ServerStarted[]
  /** Names that members gave. */
  readonly named: readonly string[]
  /** The server that we are connected to. */
  readonly here: string | undefined
  /** The server that told us that it is about to leave. */
  readonly lameDuck: string | undefined
}

/** None where there is one server alone: that is no cluster. */
export function serversIn(signs: ServerSigns): ServersSeen {
  const { stream, started, named, here } = signs
  const others = stream?.replicas ?? []
  const known = [...started, ...others].map(({ name }) => name)
  const names = new Set([...known, ...named, stream?.leader ?? "", here ?? ""].filter(Boolean))
  if (names.size < 2) return { servers: [] }
  const servers = [...names].toSorted(byNumber).map((name) => serverIn(name, signs))
  if (!servers.some(({ leads }) => leads)) return { servers }
  const current = servers.filter(({ replica }) => replica === "current").length
  return { servers, replicas: { all: others.length + 1, current } }
}

function serverIn(name: string, { stream, started, here, lameDuck }: ServerSigns): ServerSeen {
  const own = started.find((one) => one.name === name)
  const other = stream?.replicas?.find((one) => one.name === name)
  const leads = name === stream?.leader && own?.state !== "down"
  const replica = leads ? "current" : other && replicaOf(other, own?.state)
  const { version, url, pid } = own ?? {}
  const isSeen = leads || name === here || (other && !other.offline)
  return {
    name,
    state: own?.state ?? stateOf(isSeen, other?.offline, name === lameDuck),
    leads,
    ...(replica && { replica }),
    ...(replica === "behind" && other?.lag !== undefined && { lag: other.lag }),
    ...(version && { version }),
    ...(url !== undefined && { url }),
    ...(pid !== undefined && { pid }),
  }
}

/** Of a server that somebody else started. */
function stateOf(isSeen?: boolean, isOffline?: boolean, isLeaving?: boolean): ServerState {
  if (isOffline) return "down"
  if (isLeaving) return "lame duck"
  return isSeen ? "up" : "unknown"
}

function replicaOf({ current, offline }: StreamReplica, state?: ServerState): ReplicaState {
  if (offline || state === "down") return "offline"
  return current ? "current" : "behind"
}

/** n2 before n10. */
function byNumber(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true })
}
