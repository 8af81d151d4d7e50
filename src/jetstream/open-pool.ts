/** The connection and the bucket on which everything of a pool stands, opened together: one without the other is no use. */
import type { NatsConnection } from "nats"
import type { Adjustment, Bucket } from "../contracts/bucket.js"
import type { Report } from "../contracts/troubles.js"
import { unawaited } from "../contracts/unawaited.js"
import { isTooFar, timingsAt, tooFar } from "../lease/distance.js"
import type { Timings } from "../lease/timings.js"
import { type ConnectionOptions, connectOnce } from "../nats/connection.js"
import { waitingFor } from "../nats-context/server-wait.js"
import { CLOCK_KEY, type PoolNames } from "../protocol/names.js"
import { tripMsOf } from "./distance.js"
import { openKvBucket } from "./kv-bucket.js"

export interface OpenPoolOptions {
  readonly connect: ConnectionOptions | undefined
  /** As it shows up at the server. */
  readonly name: string
  readonly names: PoolNames
  readonly timings: Timings
  /** Told of what was adjusted. */
  readonly report: Report | undefined
}

export interface OpenPool {
  readonly connection: NatsConnection
  readonly bucket: Bucket
  /** Those of the pool, as far away from the bucket as this is. */
  readonly timings: Timings
  /** Whether they don't do so far away. */
  readonly isFar: boolean
}

/** Connects, and opens the bucket. Throws as `connectToNats` does, and NoJetStream; then nothing is left open. */
export function openPool({ connect = {}, ...options }: OpenPoolOptions): Promise<OpenPool> {
  const open = async () => {
    const connection = await connectOnce(connect, options.name)
    try {
      return await poolOver(connection, options)
    } catch (error) {
      await connection.close()
      throw error
    }
  }
  return waitingFor(connect, open, ({ connection }) => connection.close())
}

/** The same over a connection that there is. */
export async function poolOver(
  connection: NatsConnection,
  { names, timings, report }: Pick<OpenPoolOptions, "names" | "timings" | "report">,
): Promise<OpenPool> {
  const bucket = await openKvBucket(connection, names.bucket, timings, adjusted(names, report))
  const tripMs = await tripMsTo(bucket, timings)
  if (tripMs === undefined) return { connection, bucket, timings, isFar: false }
  const isFar = isTooFar(tripMs, timings)
  return { connection, bucket, timings: timingsAt(tripMs, timings), isFar }
}

/**
 * Reports why the timings don't do, if they still don't after a lease: where many join at once the bucket is busy, and
 * seems to be far away from each of them.
 */
export function tellIfFar(
  { bucket, timings, isFar }: Omit<OpenPool, "connection">,
  report: Report,
): void {
  if (!isFar) return
  const look = async () => {
    const tripMs = await tripMsTo(bucket, timings)
    const problem = tripMs !== undefined && tooFar(tripMs, timings)
    if (problem) report(problem)
  }
  setTimeout(() => unawaited(look()), timings.leaseMs).unref()
}

function tripMsTo(bucket: Bucket, { leaseMs }: Timings): Promise<number | undefined> {
  return tripMsOf(() => bucket.get(CLOCK_KEY), leaseMs)
}

/** Has `report` told, in words, of a bucket that had other settings than its pool's. */
export function adjusted({ bucket }: PoolNames, report: Report | undefined) {
  return ({ setting, was, is }: Adjustment) =>
    report?.(`bucket ${bucket}: ${setting} was ${was}, is ${is} now`)
}
