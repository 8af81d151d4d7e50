/** How long answers take on the way here, and how late this machine is: what a lease must leave time for. */
import { monitorEventLoopDelay } from "node:perf_hooks"
import type { NatsConnection } from "nats"
import { tripMsOf } from "../jetstream/distance.js"
import { findStream } from "../jetstream/find-stream.js"
import { timingsOf } from "../lease/timings.js"
import type { PoolNames } from "../protocol/names.js"
import { distanceOf } from "./cluster-checks.js"
import { fail, ok, warn } from "./finding.js"

interface Pool {
  readonly connection: NatsConnection
  readonly leaseMs: number
  readonly replicas?: number | undefined
}

/** Beyond this somebody should know of it, in ms. */
const SLOW_LOOP_MS = 50
/** The share of a lease by which a machine may be late, and still renew. */
const MOST_LATE = 0.25
const TRIPS = 5

/** How far away the server is, and the bucket. */
export async function roundTrip({ connection, leaseMs, replicas }: Pool, names: PoolNames) {
  const times: number[] = []
  for (let n = 0; n < TRIPS; n++) {
    const before = performance.now()
    await connection.flush()
    times.push(performance.now() - before)
  }
  const ms = times.sort((a, b) => a - b)[TRIPS >> 1] ?? 0
  // A bucket that is not there yet is told by the same server.
  const bucketMs = await tripMsOf(() => findStream(connection, `KV_${names.bucket}`), leaseMs)
  const says = `${ms.toFixed(2)} ms to the server, median of ${TRIPS}`
  // That it does not answer is said of jetstream.
  const timings = timingsOf({ leaseMs, ...(replicas !== undefined && { replicas }) })
  if (bucketMs === undefined) return distanceOf(ms, timings, says)
  return distanceOf(bucketMs, timings, `${says}; ${bucketMs.toFixed(2)} ms to the bucket`)
}

/** How late the event loop is. */
export async function eventLoop({ leaseMs }: Pool) {
  const delay = monitorEventLoopDelay({ resolution: 10 })
  delay.enable()
  await new Promise((resolve) => setTimeout(resolve, 300))
  delay.disable()
  const ms = Math.max(0, delay.max / 1e6 - 10)
  const says = `at most ${ms.toFixed(1)} ms late on this machine`
  const remedy = "give this machine more cores or less to do, or a longer --lease"
  if (ms > leaseMs * MOST_LATE) return fail(says, remedy)
  return ms > SLOW_LOOP_MS ? warn(says, remedy) : ok(says)
}
