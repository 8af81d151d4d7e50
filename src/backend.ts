/** What a worker stands on, whatever its pool runs on: a bus and a bucket, a clock, and names. */
import type { Bucket } from "./bucket.js"
import type { Bus } from "./bus.js"
import type { WriteHistory } from "./chronicler.js"
import type { Clock } from "./clock.js"
import type { Timings } from "./config.js"
import type { Fence } from "./fence.js"
import type { PoolNames } from "./names.js"
import type { StatusServer } from "./status-server.js"
import type { Terms } from "./terms.js"
import type { Troubles } from "./troubles.js"

export interface Ground {
  /** Name of the worker. */
  readonly name: string
  readonly names: PoolNames
  readonly timings: Timings
  readonly clock: Clock
  /** From 0 to 1. */
  readonly random: () => number
  readonly bus: Bus
  readonly bucket: Bucket
  readonly terms: Terms
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
  /** What it answers over HTTP, where that was asked for. */
  readonly status?: StatusServer | undefined
  /** Closes what was opened for this worker alone. */
  readonly close: () => Promise<void>
}
