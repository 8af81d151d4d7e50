/** The settings of a bucket that is there: read, and adjusted where the pool is to have others. */
import { jetstreamManager, type StreamInfo } from "@nats-io/jetstream"
import { type NatsConnection, nanos } from "nats"
import type { Adjustment, BucketSettings } from "../contracts/bucket.js"
import { inDomain } from "../contracts/js-domain.js"
import { isStreamNotFound } from "../errors/errors.js"
import { flawsIn, refusalOf, UnfitBucket } from "./bucket-flaws.js"

/** The settings of the bucket `name` as they are; undefined if there is none. */
export async function bucketSettingsOf(
  connection: NatsConnection,
  name: string,
): Promise<BucketSettings | undefined> {
  const stream = await streamOf(connection, name)
  return stream && settingsOf(stream)
}

function settingsOf({ config }: StreamInfo): BucketSettings {
  const { max_age, num_replicas, max_msgs_per_subject } = config
  return { ttlMs: max_age / nanos(1), replicas: num_replicas, history: max_msgs_per_subject }
}

/** The stream under the bucket `name`; undefined if there is none. */
export async function streamOf(connection: NatsConnection, name: string) {
  try {
    const manager = await jetstreamManager(connection, inDomain(connection))
    return await manager.streams.info(`KV_${name}`)
  } catch (error) {
    if (isStreamNotFound(error)) return undefined
    throw refusalOf(name, connection.getServer(), error)
  }
}

/** Adjusts what differs. Throws UnfitBucket for one that can't hold a pool. */
export async function fit(
  connection: NatsConnection,
  name: string,
  stream: StreamInfo,
  wanted: BucketSettings,
  report: (adjustment: Adjustment) => void,
): Promise<void> {
  const flaw = flawsIn(name, stream).find(({ isFatal }) => isFatal)
  if (flaw) throw new UnfitBucket(name, flaw)
  const found = settingsOf(stream)
  const settings = Object.keys(wanted) as (keyof BucketSettings)[]
  const differing = settings.filter((setting) => found[setting] !== wanted[setting])
  if (differing.length === 0) return
  const manager = await jetstreamManager(connection, inDomain(connection))
  await manager.streams.update(`KV_${name}`, {
    max_age: nanos(wanted.ttlMs),
    duplicate_window: nanos(Math.min(wanted.ttlMs, 120_000)),
    num_replicas: wanted.replicas,
    max_msgs_per_subject: wanted.history,
  })
  for (const setting of differing) {
    report({ setting, was: found[setting], is: wanted[setting] })
  }
}
