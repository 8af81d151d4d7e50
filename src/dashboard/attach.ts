/**
 * The screen's pool on a server. Attached to the workers of a cluster it also starts workers, and has the servers obey that
 * were started with it.
 */
import type { NatsConnection } from "nats"
import { PoolClient } from "../client/client.js"
import { bucketSettingsOf } from "../jetstream/bucket-settings.js"
import { findKvBucket } from "../jetstream/kv-bucket.js"
import { type ConnectionOptions, connectToNats } from "../nats/connection.js"
import { namesOf } from "../protocol/names.js"
import type { WorkerGroup } from "../supervision/worker-group.js"
import { systemClock } from "../time/system-clock.js"
import { watchConnection } from "./connection-watch.js"
import { JobWatch } from "./job-watch.js"
import { LivePool } from "./live-pool.js"
import { LocalProcesses } from "./local-processes.js"
import { type OwnServers, ServerWatch } from "./server-watch.js"
import type { PoolSource } from "./world/source.js"

export interface AttachOptions {
  readonly pool: string
  readonly connect?: ConnectionOptions
  /** Those whose dashboard this is; without one it only looks at a pool that others run. */
  readonly group?: WorkerGroup
  /** Folder of the group's logs. */
  readonly logs?: string
  /** The servers of a cluster, if they were started here as well. */
  readonly servers?: OwnServers | undefined
}

/** A source for the pool `pool`. Throws as `connectToNats` does. */
export async function attach(options: AttachOptions): Promise<PoolSource> {
  const { pool, group, logs, servers: own } = options
  const { bucket } = namesOf(pool)
  const connection = await connectToNats(options.connect, `pool ${pool} dashboard`)
  try {
    const settings = await bucketSettingsOf(connection, bucket)
    const maxPayload = connection.info?.max_payload
    return new LivePool({
      ...{ pool, logs, bus: connection, clock: systemClock },
      server: addressOf(connection, own),
      memberTtlMs: settings?.ttlMs ?? 6_000,
      client: new PoolClient({ bus: connection, pool, maxPayload }),
      processes: new LocalProcesses(),
      ownsPool: group !== undefined,
      findBucket: () => findKvBucket(connection, bucket),
      watchConnection: (told) => watchConnection(connection, told),
      watchServers: (named, told) => new ServerWatch({ connection, bucket, own, named, told }),
      watchJobs: (told) => new JobWatch(connection, pool, told),
      start: group && ((name) => group.start(name)),
      starting: () => group?.supervisor.workers.map(({ name }) => name) ?? [],
      orderServer: own && ((name, lever) => own.order(name, lever)),
      close: () => connection.close(),
    })
  } catch (error) {
    await connection.close()
    throw error
  }
}

function addressOf(connection: NatsConnection, own: OwnServers | undefined): string {
  const others = (own?.servers.length ?? 1) - 1
  return others > 0 ? `${connection.getServer()} and ${others} more` : connection.getServer()
}
