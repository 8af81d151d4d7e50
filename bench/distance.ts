/**
 * What latency does to each timing: the same pool, with its members and who asks all as far from the server, by so many
 * milliseconds there and back.
 */

import { PoolClient } from "../dist/client/client.js"
import { openKvBucket } from "../dist/jetstream/kv-bucket.js"
import { connectToNats } from "../dist/nats/connection.js"
import { joinPool } from "../dist/worker/worker.js"
import { TcpProxy } from "../test/faults/proxy.js"
import { changesOfLeader } from "./failover/change-of-leader.js"
import { machinesGone } from "./failover/machine-gone.js"
import { Requester } from "./failover/requester.js"
import type { Context } from "./part.js"
import { type Row, rowOf } from "./rows.js"

/** There and back, in ms. */
const TRIPS = [0, 50, 200]
/** Long enough for the farthest; see src/lease/distance.ts. */
const LEASE_MS = 3_000
const POOL = "bench-far"
const BAREST = "the barest of plain NATS"
/** What waits for leases, or for many round trips, is done once in so many rounds. */
const SLOW = 4

export async function distance(context: Context): Promise<Row[]> {
  const rows: Row[] = []
  for (const tripMs of TRIPS) rows.push(...(await at(tripMs, context)))
  return rows
}

async function at(tripMs: number, { url, rounds, loader, progress }: Context): Promise<Row[]> {
  const network = await TcpProxy.before(Number(new URL(url).port))
  network.delay(tripMs / 2)
  const far = network.url
  const few = Math.ceil(rounds / SLOW)
  const requester = await Requester.start(far, loader)
  const changes = { url: far, requester, rounds: few, leaseMs: LEASE_MS }
  const named = (what: string) => `${tripMs} ms: ${what}`
  try {
    const rows = await inPeace(far, named, rounds, () => progress("p"))
    for (const [what, change] of [
      ["kind stop", "kind"],
      ["hand-over by order", "order"],
      ["kill -9", "kill"],
    ] as const) {
      const onRound = () => progress(change.slice(0, 1))
      const { gaps, plainGaps } = await changesOfLeader(
        { ...changes, name: `${change}-${tripMs}`, onRound },
        change,
      )
      const baseline = { what: BAREST, samples: plainGaps.map(({ ms }) => ms) }
      const samples = gaps.map(({ ms }) => ms)
      rows.push(rowOf({ what: named(what), unit: "ms", samples, baseline }))
    }
    const lapses = await machinesGone(far, requester, few, () => progress("g"), LEASE_MS)
    const what = named(`machine gone, lease ${LEASE_MS} ms`)
    rows.push(rowOf({ what, unit: "ms", samples: lapses.gaps }))
    return rows
  } finally {
    await requester.close()
    await network.close()
  }
}

/** What nobody's end has to do with: to join, to renew, to ask. */
async function inPeace(
  servers: string,
  named: (what: string) => string,
  rounds: number,
  onRound: () => void,
): Promise<Row[]> {
  const options = { servers, pool: POOL, leaseMs: LEASE_MS }
  let begin: () => void = () => {}
  const begun = new Promise<void>((resolve) => {
    begin = resolve
  })
  const leader = await joinPool({ ...options, name: "leader", onReign: begin })
  await begun
  const client = await PoolClient.connect({ servers, pool: POOL })
  const connection = await connectToNats({ servers })
  const bucket = await openKvBucket(connection, `pool_${POOL}`, {
    memberTtlMs: LEASE_MS * 3,
    replicas: 1,
  })
  const asked: Record<string, () => Promise<unknown>> = {
    "a renewal: one write": () => bucket.put("bench", new Uint8Array()),
    "simple request": () => client.work("hello"),
    "tracked request": () => client.leaderWork("hello"),
  }
  const samples = Object.fromEntries(Object.keys(asked).map((what) => [what, [] as number[]]))
  const joins: number[] = []
  try {
    for (let round = 0; round < rounds; round += 1) {
      for (const [what, ask] of Object.entries(asked)) samples[what]?.push(await timed(ask))
      if (round % SLOW !== 0) continue
      const begunMs = performance.now()
      const worker = await joinPool({ ...options, name: "one-more" })
      joins.push(performance.now() - begunMs)
      await worker.leave()
      onRound()
    }
  } finally {
    await client.close()
    await connection.close()
    await leader.leave()
  }
  return [
    rowOf({ what: named("join"), unit: "ms", samples: joins }),
    ...Object.entries(samples).map(([what, samples]) =>
      rowOf({ what: named(what), unit: "ms", samples }),
    ),
  ]
}

async function timed(ask: () => Promise<unknown>): Promise<number> {
  const begunMs = performance.now()
  await ask()
  return performance.now() - begunMs
}
