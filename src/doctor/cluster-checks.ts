/** What is wrong in a cluster, by what is known of it: pure. Where there is one server there is little to say. */
import { isTooFar, leaseForTrip } from "../lease/distance.js"
import { LEASES_PER_ENTRY, type Timings } from "../lease/timings.js"
import { isAtLeast } from "../nats/server-version.js"
import type { ClusterFacts, ReplicaFact, StreamFact } from "./cluster-facts.js"
import { type Finding, fail, ok, warn } from "./finding.js"

type Said = Omit<Finding, "what">

/** An election among servers takes so long, in ms. */
export const ELECTION_MS = { least: 4_000, most: 9_000 } as const

/** Below these, three replicas have lost what they had acknowledged. */
const FIRST_GOOD = "2.12.5"
/** What clusters are tested with: from here on, and of the line after it from its own. */
const TESTED = "2.12.15"
const NEXT_LINE = "2.14"
const NEXT_TESTED = "2.14.9"

/** The bucket's replicas, and those of what belongs to it. `asked`: how many there should be, if somebody said. */
export function replicasOf(
  { bucket, streams, servers, isClustered }: ClusterFacts,
  asked?: number,
): Said {
  if (!bucket) return ok("no bucket yet")
  const { replicas, leader } = bucket
  const ill = [bucket, ...streams].flatMap(unwell)
  if (ill.length > 0) return fail(ill.join(", "), "see to these servers: nats server list")
  const restart = (count: number) => `start the workers with --replicas ${count}`
  if (asked !== undefined && replicas < asked) {
    const says = `${replicas}, and ${asked} are asked for`
    if (servers.length >= asked) return fail(says, restart(asked))
    return fail(says, `each is on a server of its own: have ${asked} servers first`)
  }
  // A leaf node, too, has a cluster by its name, and may be alone in it.
  if (isClustered && replicas === 1 && servers.length > 1) {
    return warn("one copy in a cluster: the pool ends with that server", restart(3))
  }
  const fewer = streams.find((stream) => stream.replicas < replicas)
  if (fewer) {
    const edit = `nats stream edit ${fewer.name} --replicas ${replicas}`
    return warn(`the bucket has ${replicas}, ${fewer.name} ${fewer.replicas}`, edit)
  }
  return ok(
    replicas === 1 ? "one, on a single server" : `${replicas}, led by ${leader}, all current`,
  )
}

function unwell({ name, replicas, leader, others }: StreamFact): string[] {
  const lost = others.filter(({ offline, current }) => offline || !current).map(stateOf)
  const missing = replicas - 1 - others.length
  const isClustered = replicas > 1
  const all = [
    ...lost,
    ...(isClustered && missing > 0 ? [`${missing} of ${replicas} are on no server`] : []),
    ...(isClustered && leader === undefined ? ["no server leads it: nothing can be written"] : []),
  ]
  return all.map((it) => `${name}: ${it}`)
}

function stateOf({ name, offline, lag = 0 }: ReplicaFact): string {
  if (offline) return `${name} is offline`
  return `${name} is behind${lag > 0 ? ` by ${lag}` : ""}`
}

/** Their versions. */
export function serversOf({ servers, bucket, isClustered }: ClusterFacts): Said | undefined {
  if (!isClustered) return undefined
  const each = servers.map(({ name, version }) => `${name} ${version}`).join(", ")
  const versions = new Set(servers.map(({ version }) => version))
  const upgrade = "upgrade them one at a time, each told to leave before: nats-server --signal ldm"
  const isReplicated = (bucket?.replicas ?? 1) > 1
  const older = (version: string) => servers.filter((it) => !isAtLeast(it.version, version))
  const bad = older(FIRST_GOOD)
  if (isReplicated && bad.length > 0) {
    const says = `${each}: below ${FIRST_GOOD} three replicas can lose what they acknowledged`
    return warn(says, upgrade)
  }
  if (versions.size > 1) return warn(`of different versions: ${each}`, upgrade)
  const untested = servers.filter(({ version }) => isReplicated && !isTested(version))
  if (untested.length > 0) {
    return warn(`${each}: for three replicas ${TESTED}, or ${NEXT_TESTED}, is advised`, upgrade)
  }
  return ok(`${servers.length} greet: ${each}`)
}

function isTested(version: string): boolean {
  return isAtLeast(version, isAtLeast(version, NEXT_LINE) ? NEXT_TESTED : TESTED)
}

/** Whether the lease outlives an election among servers. */
export function leaseOf({ bucket }: ClusterFacts): Said | undefined {
  if (!bucket || bucket.replicas === 1) return undefined
  const leaseMs = bucket.ageMs / LEASES_PER_ENTRY
  const { least, most } = ELECTION_MS
  const election = `an election among servers (${least / 1000} to ${most / 1000} s)`
  if (leaseMs > most) return ok(`${leaseMs} ms, longer than ${election}`)
  const says = `${leaseMs} ms, no longer than ${election}: when the stream's leader is lost, the pool's is, too`
  return warn(says, "start all workers with --lease 12s")
}

/** Whether a lease can be kept so far from the bucket. */
export function distanceOf(
  tripMs: number,
  timings: Pick<Timings, "leaseMs" | "renewMs">,
  says: string,
): Said {
  if (!isTooFar(tripMs, timings)) return ok(says)
  const { leaseMs, renewMs } = timings
  const lease = `--lease ${leaseForTrip(tripMs, timings) / 1000}s`
  const remedy = `move nearer to the server, or start all workers with ${lease} or longer`
  // Two answers and more are needed to see who is there.
  return tripMs * 2 > renewMs
    ? fail(`${says}: too far for a lease of ${leaseMs} ms, nobody can be elected`, remedy)
    : warn(`${says}: far for a lease of ${leaseMs} ms, and a reign may be lost`, remedy)
}

/** How much a power cut of all machines at once may undo. */
export function syncOf({ isClustered, monitored }: ClusterFacts): Said | undefined {
  const told = monitored.filter(({ syncMs }) => syncMs !== undefined)
  if (told.length === 0) {
    if (!isClustered) return undefined
    return ok("can't be seen from here; name the servers' monitoring: --monitoring http://n1:8222")
  }
  const late = told.filter(({ syncMs = 0 }) => syncMs > 0)
  if (late.length === 0) return ok("always: what is acknowledged is on disk")
  const each = late.map(({ name, syncMs = 0 }) => `${name} every ${syncMs / 1000} s`).join(", ")
  return warn(
    `written to disk: ${each}; a power cut of all at once can undo that, and a term with it`,
    "sync_interval: always in the jetstream block of each server",
  )
}

/** Whether we stand behind a leaf node, and do not say which JetStream is meant. `asked`: the domain that somebody named. */
export function leafOf({ monitored, domain }: ClusterFacts, asked?: string): Said | undefined {
  const leaf = monitored.find(({ isLeaf }) => isLeaf)
  if (!leaf) return undefined
  if (asked !== undefined) return ok(`${leaf.name} is one, and the pool is in the domain ${asked}`)
  const own = domain === undefined ? "it has no domain of its own" : `its own domain is ${domain}`
  return fail(
    `${leaf.name} is one, ${own}, and none is named: workers on the two sides may be two pools`,
    "give each side's jetstream block a domain, and name the pool's in every worker",
  )
}
