/** What a worker stands on, whatever its pool runs on: all that its members do, and what only a server has. */
import type { Bucket } from "../contracts/bucket.js"
import type { Troubles } from "../contracts/troubles.js"
import type { PoolContext } from "../coordinator/pool-context.js"
import type { WriteHistory } from "../history/recorder.js"
import type { Fence } from "../jetstream/fence.js"
import type { JobStore } from "../jobs/contract/job-store.js"
import type { ServerMove } from "../nats/lame-duck.js"
import type { StatusServer } from "../observe/status-server.js"
import type { Terms } from "../protocol/terms.js"

export interface Backend extends Omit<PoolContext, "troubles"> {
  /** Name of the worker. */
  readonly name: string
  readonly terms: Terms
  /** Name of the server that it is connected to; undefined where that has none. */
  readonly serverName?: () => string | undefined
  /** The server's, in bytes, if it is known. */
  readonly maxPayload?: number | undefined
  /** Keeps what leaders publish; there is none without a server. */
  readonly fence?: Fence | undefined
  /** Keeps what is told of reigns; nothing is kept without it. */
  readonly writeHistory?: WriteHistory | undefined
  /** The bucket of another pool, if it has one. */
  readonly find: (pool: string) => Promise<Bucket | undefined>
  /** Tells from now on when the connection was lost and came back, and `troubles` why. */
  readonly follow: (troubles: Troubles, told: (isUp: boolean) => void) => void
  /**
   * Calls `told` when its server goes, with what moves to another one. Only where the connection is this worker's own, and
   * there are several servers.
   */
  readonly onServerGoing?: (told: (move: ServerMove) => void) => void
  /** What it answers over HTTP, where that was asked for. */
  readonly status?: StatusServer | undefined
  /** Opens where its jobs lie; nothing of that is there before. */
  readonly openJobs: () => Promise<JobStore>
  /** Closes what was opened for this worker alone. */
  readonly close: () => Promise<void>
}
