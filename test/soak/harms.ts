/**
 * What a soak does to a pool, one thing after another, drawn from its seed. Each ends with everything back as it was: the
 * workers all there, the servers well, the networks healed.
 */
import { jetstreamManager } from "@nats-io/jetstream"
import type { ClusteredServer } from "../../src/server-cluster/clustered-server.js"
import type { ServerCluster } from "../../src/server-cluster/server-cluster.js"
import type { Fleet } from "../faults/fleet.js"
import { lasting } from "../faults/rounds.js"
import type { Routes } from "../faults/routes.js"
import type { Chance } from "../simulation/chance.js"

export interface Soaking {
  readonly fleet: Fleet
  readonly chance: Chance
  /** The workers that are there, by name. */
  readonly names: string[]
  /** Starts one more. */
  readonly join: () => Promise<void>
  readonly cluster?: ServerCluster
  readonly routes?: Routes
}

export interface Harm {
  readonly name: string
  /** How often it is drawn, beside the others. */
  readonly weight: number
  readonly act: (it: Soaking) => Promise<void>
}

/** Of a lease: what is shorter leaves the reign, what is longer ends it. */
const [SHORT, LONG] = [0.3, 2.5]

/** To workers, on any number of servers. */
const TO_WORKERS: readonly Harm[] = [
  { name: "a worker killed", weight: 4, act: (it) => replaced(it, kills) },
  { name: "the leader killed", weight: 4, act: (it) => replaced(it, kills, leaderOf(it)) },
  { name: "a worker stopped", weight: 2, act: (it) => replaced(it, stops) },
  { name: "the leader stopped", weight: 2, act: (it) => replaced(it, stops, leaderOf(it)) },
  { name: "the leader frozen for a moment", weight: 2, act: (it) => frozen(it, SHORT) },
  { name: "the leader frozen for long", weight: 2, act: (it) => frozen(it, LONG) },
]

/** To one server, and the networks before it. */
const TO_ONE_SERVER: readonly Harm[] = [
  {
    name: "the leader's network cut",
    weight: 3,
    act: async (it) => {
      const network = it.fleet.network(leaderOf(it))
      network.cut()
      await lasting(it.fleet.leaseMs * between(it, SHORT, LONG))
      network.heal()
    },
  },
  {
    name: "the leader's network silent",
    weight: 3,
    act: async (it) => {
      const network = it.fleet.network(leaderOf(it))
      network.silence(...(it.chance.next() < 0.5 ? (["in"] as const) : (["out"] as const)))
      await lasting(it.fleet.leaseMs * between(it, SHORT, LONG))
      network.heal()
    },
  },
  {
    name: "the server restarted",
    weight: 2,
    act: async ({ fleet }) => {
      await fleet.server.restart()
    },
  },
  {
    name: "the server killed",
    weight: 2,
    act: async ({ fleet }) => {
      await fleet.server.kill()
      await fleet.server.restart()
    },
  },
  {
    name: "the server frozen",
    weight: 1,
    act: async (it) => {
      it.fleet.server.freeze()
      await lasting(it.fleet.leaseMs * between(it, SHORT, LONG))
      it.fleet.server.thaw()
    },
  },
]

/** To clustered servers, and the networks between them. */
const TO_CLUSTER: readonly Harm[] = [
  {
    name: "a server in lame duck",
    weight: 3,
    act: async (it) => {
      const server = anyServer(it)
      server.lameDuck()
      await server.ended
      await server.start()
    },
  },
  { name: "a server killed", weight: 3, act: (it) => serversKilled(it, [anyServer(it)]) },
  {
    name: "a server killed, back without its files",
    weight: 1,
    act: (it) => serversKilled(it, [anyServer(it)], true),
  },
  {
    name: "two servers killed",
    weight: 1,
    act: (it) => {
      const spared = anyServer(it)
      return serversKilled(
        it,
        serversOf(it).filter((server) => server !== spared),
      )
    },
  },
  {
    name: "a server cut off",
    weight: 2,
    act: async (it) => {
      const server = anyServer(it)
      it.routes?.cutOff(serversOf(it).indexOf(server))
      await lasting(it.fleet.leaseMs * between(it, SHORT, 1.5))
      it.routes?.heal()
    },
  },
  {
    name: "the stream's leader moved",
    weight: 4,
    act: async ({ fleet }) => {
      const stream = `KV_pool_${fleet.pool}`
      const manager = await jetstreamManager(fleet.observer, { checkAPI: false })
      await manager.streams.info(stream)
      await fleet.observer.request(`$JS.API.STREAM.LEADER.STEPDOWN.${stream}`, "", {
        timeout: 5_000,
      })
    },
  },
]

/** What can be done to a pool on so many servers. */
export function harmsOn(servers: number): readonly Harm[] {
  return [...TO_WORKERS, ...(servers === 1 ? TO_ONE_SERVER : TO_CLUSTER)]
}

/** The next one. */
export function drawn(harms: readonly Harm[], chance: Chance): Harm {
  const total = harms.reduce((sum, { weight }) => sum + weight, 0)
  let left = chance.next() * total
  for (const harm of harms) {
    left -= harm.weight
    if (left < 0) return harm
  }
  return harms[0] as Harm
}

/** Who leads, as far as was announced; any worker if that one is gone. */
function leaderOf({ fleet, names }: Soaking): string {
  fleet.history.read()
  const last = fleet.history.all.findLast(({ what }) => what === "begins")
  return last && names.includes(last.who) ? last.who : (names[0] as string)
}

type End = (it: Soaking, name: string) => Promise<void>

const kills: End = async ({ fleet }, name) => {
  const gone = fleet.gone(name)
  fleet.kill(name)
  await gone
}

const stops: End = ({ fleet }, name) => fleet.stop(name)

/** Ends a worker, and starts another in its place. */
async function replaced(it: Soaking, end: End, name = oneOf(it.names, it.chance)): Promise<void> {
  await end(it, name)
  it.names.splice(it.names.indexOf(name), 1)
  await it.join()
}

async function frozen(it: Soaking, leases: number): Promise<void> {
  const name = leaderOf(it)
  it.fleet.freeze(name)
  await lasting(it.fleet.leaseMs * leases)
  it.fleet.thaw(name)
}

async function serversKilled(
  it: Soaking,
  servers: readonly ClusteredServer[],
  isEmpty = false,
): Promise<void> {
  await Promise.all(servers.map((server) => server.kill()))
  await lasting(it.fleet.leaseMs * between(it, SHORT, 1.2))
  await Promise.all(servers.map((server) => server.start({ isEmpty })))
}

function serversOf({ cluster }: Soaking): readonly ClusteredServer[] {
  return cluster?.servers ?? []
}

function anyServer(it: Soaking): ClusteredServer {
  return oneOf(serversOf(it), it.chance)
}

function between({ chance }: Soaking, from: number, to: number): number {
  return from + chance.next() * (to - from)
}

function oneOf<T>(these: readonly T[], chance: Chance): T {
  return these[Math.floor(chance.next() * these.length)] as T
}
