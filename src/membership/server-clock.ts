/**
 * The server's clock, as one member knows it: read once when it joins, and counted on from there by the monotonic clock,
 * which no correction of the wall clock moves. Read again when the two clocks of this machine have parted (it was
 * suspended, or its wall clock was set), and from time to time, for clocks drift.
 */
import type { Bucket } from "../contracts/bucket.js"
import { untilAnswered } from "../contracts/until-answered.js"
import { CLOCK_KEY } from "../protocol/names.js"
import type { Clock, Instant } from "../time/clock.js"
import { Pace } from "../time/pace.js"

const NOTHING = new Uint8Array()
/** How often a read that shows the past is tried again. */
const TRIES = 8
/** A replica that shows the past is asked again after this long, in ms. */
const LAG_MS = 20
/** How long the bucket may take for each answer, in ms: while it has no leader nobody answers. */
const ANSWER_MS = 5_000
/** The two clocks of this machine may part by so much, in ms. */
const PARTED_MS = 500
const OLD_MS = 3_600_000

export class ServerClock {
  readonly #bucket: Bucket
  readonly #clock: Clock
  #known: { readonly serverMs: number; readonly at: Instant } | undefined
  #isReading = false

  constructor(bucket: Bucket, clock: Clock) {
    this.#bucket = bucket
    this.#clock = clock
  }

  /** Milliseconds since 1970 at the instant `at`; by this machine's clock as long as the server's is not known. */
  msAt(at: Instant): number {
    if (!this.#known) return at.wallMs
    return this.#known.serverMs + (at.monoMs - this.#known.at.monoMs)
  }

  /**
   * Reads it; resolves with the time at which the server was asked, by that server, in ms since 1970. No guess at how long
   * the way there took is in that: who asks after another had its answer never seems to have asked before it.
   */
  async read(): Promise<number> {
    const pace = new Pace({ clock: this.#clock, firstMs: LAG_MS })
    for (let tries = 0; tries < TRIES; tries++) {
      const before = this.#clock.now()
      const ask = <T>(question: () => Promise<T>) => untilAnswered(this.#clock, ANSWER_MS, question)
      const revision = await ask(() => this.#bucket.put(CLOCK_KEY, NOTHING))
      const entry = await ask(() => this.#bucket.get(CLOCK_KEY))
      // A replica may lag behind; a later write, by another joiner, says the time as well.
      if (entry && entry.revision >= revision) {
        const tookMs = (this.#clock.now().monoMs - before.monoMs) / 2
        this.#known = { serverMs: entry.writtenMs - tookMs, at: before }
        return entry.writtenMs
      }
      await pace.wait()
    }
    throw new Error("the bucket does not show what was written to it")
  }

  /** Reads it again if what is known may be wrong by now. Never rejects: the next call tries again. */
  async refresh(): Promise<void> {
    const { at } = this.#known ?? {}
    if (!at || this.#isReading) return
    const now = this.#clock.now()
    const passedMs = now.monoMs - at.monoMs
    const partedMs = Math.abs(now.wallMs - at.wallMs - passedMs)
    if (partedMs < PARTED_MS && passedMs < OLD_MS) return
    this.#isReading = true
    await this.read().catch(() => {})
    this.#isReading = false
  }
}
