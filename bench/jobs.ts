/**
 * Jobs, beside what the plain client can do, and beside a peer: to store them, to take them with a handler that does
 * nothing, from enqueuing one to its result, and from the death of its worker to its start elsewhere. All in turns.
 */
import { reasonOf } from "../dist/errors/thrown.js"
import { figuresOf } from "./figures.js"
import { bullmq } from "./jobs/bullmq.js"
import { type Killed, killedWorkers } from "./jobs/killed-workers.js"
import { plainJetStream } from "./jobs/plain-jetstream.js"
import { poolJobs } from "./jobs/pool-jobs.js"
import type { JobSystem } from "./jobs/system.js"
import type { Context } from "./part.js"
import { rateOf } from "./requests/rates.js"
import { type Limit, type Row, rowOf } from "./rows.js"

/** A round takes longer here than elsewhere. */
const MOST_ROUNDS = 7
const FEW = 500
const MANY = 4_000
const TRIPS = 100

/** What is measured of each system; its samples by system, one a round. */
type Measure = "one by one" | "64 in flight" | "in one process" | "in three" | "to result"
type Samples = Record<Measure, number[]>

/** What should hold beside the plain client; beside the peer, that it is behind. */
const LIMITS: Readonly<Record<Measure, Limit>> = {
  "one by one": { of: "ratio", figure: "median", atLeast: 0.9 },
  "64 in flight": { of: "ratio", figure: "median", atLeast: 0.9 },
  "in one process": { of: "ratio", figure: "median", atLeast: 0.75 },
  "in three": { of: "ratio", figure: "median", atLeast: 0.75 },
  "to result": { of: "ratio", figure: "median", atMost: 2.5 },
}
const WORDS: Readonly<Record<Measure, readonly [what: string, plain: string, unit: string]>> = {
  "one by one": ["enqueue, one by one", "publish with an id", "/s"],
  "64 in flight": ["enqueue, 64 in flight", "publish with an id", "/s"],
  "in one process": ["take and acknowledge, one process of 50", "a pull consumer", "/s"],
  "in three": ["take and acknowledge, three processes of 50", "a pull consumer", "/s"],
  "to result": ["enqueue to result", "a request", "ms"],
}
const MEASURES = Object.keys(WORDS) as Measure[]

export async function jobs(context: Context): Promise<Row[]> {
  const { url, rounds, progress } = context
  const systems: JobSystem[] = []
  const opened = async <T extends JobSystem>(opening: Promise<T>): Promise<T> => {
    const system = await opening
    systems.push(system)
    return system
  }
  try {
    const peer = await opened(bullmq()).catch((error) => {
      console.error(`BullMQ is left out: ${reasonOf(error)}`)
      return undefined
    })
    // It waits for most of the time.
    const killedPeer = peer?.killed().catch((error) => {
      console.error(`${peer.what}: ${reasonOf(error)}`)
    })
    const plain = await opened(plainJetStream(url))
    const ours = await opened(poolJobs(url))
    const samples = await measure(systems, Math.min(rounds, MOST_ROUNDS), () => progress("j"))
    const rows = MEASURES.flatMap((it) => rowsOf(it, samples, ours, plain, peer))
    rows.push(...rowsOfKilled(await killedWorkers(context)))
    const peerMs = await killedPeer
    if (peer && peerMs !== undefined) {
      rows.push(rowOf({ what: `  ${peer.what}`, unit: "ms", samples: [peerMs] }))
    }
    return rows
  } finally {
    for (const system of systems.reverse()) await system.close()
  }
}

/** Round by round, of each system all that is measured before the next has its turn. */
async function measure(
  systems: readonly JobSystem[],
  rounds: number,
  onRound: () => void,
): Promise<Map<JobSystem, Samples>> {
  const samples = new Map(systems.map((system) => [system, noSamples()]))
  // What runs for the first time is slower for that alone.
  for (const system of systems) await roundOf(system)
  for (let round = 0; round < rounds; round += 1) {
    for (const system of round % 2 ? systems.toReversed() : systems) {
      const figures = await roundOf(system)
      for (const it of MEASURES) samples.get(system)?.[it].push(figures[it])
    }
    onRound()
  }
  return samples
}

async function roundOf(system: JobSystem): Promise<Record<Measure, number>> {
  const { takers } = system
  const before = await takers.only(0)
  const oneByOne = await rateOf(system.enqueue, 1, FEW)
  const inFlight = await rateOf(system.enqueue, 64, MANY - FEW)
  const inOne = await takers.take(1, before + MANY)
  await takers.only(0)
  await rateOf(system.enqueue, 64, MANY)
  const inThree = await takers.take(3, before + 2 * MANY)
  await takers.only(1)
  const trips: number[] = []
  for (let n = 0; n < TRIPS; n += 1) {
    const beganMs = performance.now()
    await system.roundTrip()
    trips.push(performance.now() - beganMs)
  }
  return {
    ...{ "one by one": oneByOne, "64 in flight": inFlight },
    ...{ "in one process": inOne, "in three": inThree, "to result": figuresOf(trips).median },
  }
}

function noSamples(): Samples {
  return Object.fromEntries(MEASURES.map((it) => [it, [] as number[]])) as Samples
}

function rowsOf(
  measure: Measure,
  of: ReadonlyMap<JobSystem, Samples>,
  ours: JobSystem,
  plain: JobSystem,
  peer: JobSystem | undefined,
): Row[] {
  const [what, plainly, unit] = WORDS[measure]
  const limit = LIMITS[measure]
  const samples = (system: JobSystem) => of.get(system)?.[measure] ?? []
  const own = { what, unit, samples: samples(ours) }
  const isAhead = { ...limit, ...(limit.atLeast ? { atLeast: 1 } : { atMost: 1 }) }
  const beside = (what: string, system: JobSystem, limit: Limit) =>
    rowOf({ ...own, baseline: { what, samples: samples(system) }, limit })
  const rows = [beside(plainly, plain, limit)]
  return peer ? [...rows, beside(peer.what, peer, isAhead)] : rows
}

function rowsOfKilled({ ours, barest }: Killed): Row[] {
  const own = { unit: "ms", samples: ours }
  return [
    rowOf({
      ...{ ...own, what: "kill -9 of a worker to the start of its job elsewhere" },
      baseline: { what: "the barest takeover of plain NATS", samples: barest },
      limit: { of: "difference", figure: "median", atMost: 5 },
    }),
    rowOf({
      ...{ ...own, what: "  the same, the slowest" },
      limit: { of: "figures", figure: "max", atMost: 2_000 },
    }),
  ]
}
