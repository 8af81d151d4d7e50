/**
 * Pools inside one process, without a server: for programs of one process, and for the unit tests of people who use
 * pools. Workers find each other by the name of their pool; the election, requests and timings are those of a pool on
 * a server. Nothing outlives the process, and nothing outside of it can join.
 */
import type { Adjustment, Bucket } from "../contracts/bucket.js"
import type { Bus } from "../contracts/bus.js"
import type { MemoryJobs } from "../jobs/store/memory-jobs.js"
import type { Timings } from "../lease/timings.js"
import { callable, checkOptions, having, type KindsOf } from "../options/known-options.js"
import type { PoolNames } from "../protocol/names.js"
import { Terms } from "../protocol/terms.js"
import type { Clock } from "../time/clock.js"
import { systemClock } from "../time/system-clock.js"
import type { Backend } from "./backend.js"
import { MemoryBucket } from "./memory-bucket.js"
import { MemoryBus } from "./memory-bus.js"

/** What a world of pools is made of. */
export interface LocalPoolsOptions {
  /** Default: the clock of this machine. A test that moves its own decides when leases run out. */
  readonly clock?: Clock
  /** From 0 to 1; picks who does simple work, and spreads turns to claim. Default `Math.random`. */
  readonly random?: () => number
  /** Told of what a callback on the bus threw; those of workers and clients never do. Default: Node warns. */
  readonly onThrown?: (thrown: unknown) => void
}

export const aClock = having("a clock", "now", "after")

const LOCAL_POOLS_OPTIONS = {
  clock: aClock,
  random: callable,
  onThrown: callable,
} satisfies KindsOf<LocalPoolsOptions>

/** A participant on the bus of a world of pools. */
export interface LocalConnection extends Bus {
  /** Leaves the bus: its subscriptions end, and its requests fail. */
  close(): Promise<void>
}

/**
 * A world of pools of its own.
 *
 * @example
 * const local = new LocalPools()
 * const worker = await joinPool({ local, pool: "mail", work: (job) => `sent ${job.text()}` })
 * const client = PoolClient.local({ local, pool: "mail" })
 */
export class LocalPools {
  /** The one that `local: true` means. */
  static readonly shared = new LocalPools()
  /** By which leases run out here. */
  readonly clock: Clock
  readonly #random: () => number
  readonly #bus: MemoryBus
  readonly #buckets = new Map<string, MemoryBucket>()
  readonly #jobs = new Map<string, Promise<MemoryJobs>>()

  /** Throws BadInput for options that it doesn't know. */
  constructor(options: LocalPoolsOptions = {}) {
    checkOptions("LocalPools", options, LOCAL_POOLS_OPTIONS)
    const { clock = systemClock, random = Math.random, onThrown } = options
    this.clock = clock
    this.#random = random
    this.#bus = new MemoryBus({ clock, random, onThrown })
  }

  /** A participant on the bus of these pools. */
  connect(): LocalConnection {
    return this.#bus.connect()
  }

  /**
   * Resolves when all jobs that are due are done, also those that they enqueue: none runs, and none waits for a worker that is
   * there; ticks of cron included. What is delayed, or is tried again later, is due when the clock says so.
   *
   * @example
   * const clock = new MyClock()
   * const local = new LocalPools({ clock })
   * const worker = await joinPool({ local, jobs: { send } })
   * await PoolClient.local({ local }).enqueue("send", { to: "ann" }, { delayMs: 60_000 })
   * clock.pass(60_000)
   * await local.drain()
   */
  async drain(): Promise<void> {
    // A tick that has just fallen due becomes a job within this turn.
    await new Promise((resolve) => setImmediate(resolve))
    const stores = await Promise.all(this.#jobs.values())
    await Promise.all(stores.map((store) => store.drained()))
  }

  /** @internal Where the jobs of a pool lie. */
  jobs(pool: string): Promise<MemoryJobs> {
    const open = async () => {
      const { MemoryJobs } = await import("../jobs/store/memory-jobs.js")
      const { clock, maxPayload } = this
      return new MemoryJobs({ pool, clock, maxPayload })
    }
    const jobs = this.#jobs.get(pool) ?? open()
    this.#jobs.set(pool, jobs)
    return jobs
  }

  /** @internal What one message may hold, in bytes, as on a server. */
  get maxPayload(): number {
    return this.#bus.maxPayload
  }

  /** @internal The bucket of a pool; undefined if nobody has joined it yet. */
  bucket(pool: string): Bucket | undefined {
    return this.#buckets.get(pool)
  }

  /** @internal What a worker stands on. A bucket of other timings is adjusted, and that is reported, as on a server. */
  backend(
    name: string,
    names: PoolNames,
    timings: Timings,
    report: (adjustment: Adjustment) => void = () => {},
  ): Backend {
    const bus = this.connect()
    const { memberTtlMs } = timings
    const bucket = this.#buckets.get(names.pool) ?? new MemoryBucket(this.clock, memberTtlMs)
    this.#buckets.set(names.pool, bucket)
    bucket.adjust(memberTtlMs, report)
    return {
      terms: new Terms(),
      name,
      names,
      timings,
      clock: this.clock,
      random: this.#random,
      bus,
      bucket,
      maxPayload: this.maxPayload,
      find: async (pool) => this.bucket(pool),
      follow: () => {},
      openJobs: () => this.jobs(names.pool),
      close: () => bus.close(),
    }
  }
}
