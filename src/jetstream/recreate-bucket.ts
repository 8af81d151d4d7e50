/**
 * A bucket that was lost with all its data is made anew, and counts from 1: terms would run backwards, and whoever
 * fences by term would refuse every leader. So a member that knew it lets the new one begin above all that can have
 * been. Server 2.9 can't: there terms begin anew, and `terms.ts` says so.
 */
import { DiscardPolicy, jetstreamManager, StorageType } from "@nats-io/jetstream"
import { type NatsConnection, nanos } from "nats"
import { inDomain } from "../contracts/js-domain.js"
import { isNameInUse } from "../errors/nats-errors.js"
import { isAtLeast } from "../nats/server-version.js"

/** The first server whose streams can begin with another sequence than 1. */
const FIRST_SEQ_SERVER = "2.10"
/** As many revisions may have been given out that were not heard of here. */
export const HEADROOM = 10_000

export interface LostBucket {
  /** Name of the bucket. */
  readonly name: string
  readonly ttlMs: number
  readonly replicas: number
  readonly maxEntryBytes: number
  /** The highest revision known. */
  readonly known: number
}

/** Makes the bucket that is not there. One that somebody else made meanwhile is left as it is. */
export async function recreateBucket(
  connection: NatsConnection,
  bucket: LostBucket,
): Promise<void> {
  if (!isAtLeast(connection.info?.version ?? "", FIRST_SEQ_SERVER)) return
  const { name, ttlMs, replicas, maxEntryBytes, known } = bucket
  const { streams } = await jetstreamManager(connection, inDomain(connection))
  try {
    // What the library's own `create` asks for, but for the beginning.
    await streams.add({
      name: `KV_${name}`,
      subjects: [`$KV.${name}.>`],
      storage: StorageType.File,
      max_msgs_per_subject: 1,
      max_age: nanos(ttlMs),
      max_msg_size: maxEntryBytes,
      num_replicas: replicas,
      discard: DiscardPolicy.New,
      allow_direct: true,
      allow_rollup_hdrs: true,
      first_seq: known + HEADROOM,
    })
  } catch (error) {
    if (!isNameInUse(error)) throw error
  }
}
