/** What a member of one pool stands on; made once, and passed whole to all that run it. */
import type { Bucket } from "../contracts/bucket.js"
import type { Bus } from "../contracts/bus.js"
import type { Troubles } from "../contracts/troubles.js"
import type { Timings } from "../lease/timings.js"
import type { Sizes } from "../protocol/crowd.js"
import type { PoolNames } from "../protocol/names.js"
import type { Clock } from "../time/clock.js"

export interface PoolContext {
  readonly names: PoolNames
  readonly timings: Timings
  /** From which sizes on what changes. Default: SIZES. */
  readonly sizes?: Sizes
  readonly clock: Clock
  /** From 0 to 1. */
  readonly random: () => number
  readonly bus: Bus
  readonly bucket: Bucket
  /** Told what went wrong and is being dealt with. */
  readonly troubles: Troubles
}
