/**
 * How soon a thread begins in the place of one that ended: at once, until so many have ended in a minute that the next will
 * end as well; then after a pause, longer each time. The pool of threads starts a new one in the same moment, so it is the new
 * one that stands still, before it has loaded anything, until its worker lets it go on.
 */
import { unawaited } from "../contracts/unawaited.js"
import type { Clock } from "../time/clock.js"
import { Pace } from "../time/pace.js"

/** How many may end in how many ms before those after them wait. */
const MOST_AT_ONCE = 10
const WITHIN_MS = 60_000
/** The first and the longest pause, in ms. */
const FIRST_MS = 100
const LONGEST_MS = 5_000

export class ThreadStarts {
  /** What a thread waits for; see `letBegin`. */
  readonly gate = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)
  readonly #clock: Clock
  readonly #pace: Pace
  readonly #isShut = new Int32Array(this.gate)
  #endsMs: number[] = []

  constructor(clock: Clock) {
    this.#clock = clock
    this.#pace = new Pace({ clock, firstMs: FIRST_MS, mostMs: LONGEST_MS })
  }

  /** A thread ended by itself, and another is about to be started. */
  ended(): void {
    const nowMs = this.#clock.now().monoMs
    this.#endsMs = [...this.#endsMs.filter((atMs) => nowMs - atMs < WITHIN_MS), nowMs]
    if (this.#endsMs.length <= MOST_AT_ONCE) return this.#pace.reset()
    if (Atomics.exchange(this.#isShut, 0, 1) === 0) unawaited(this.#open())
  }

  /** All go on; nothing waits any more. */
  close(): void {
    this.#pace.stop()
  }

  async #open(): Promise<void> {
    await this.#pace.wait()
    Atomics.store(this.#isShut, 0, 0)
    Atomics.notify(this.#isShut, 0)
  }
}

/** Called by a thread that begins: returns when it may. */
export function letBegin(gate: SharedArrayBuffer): void {
  Atomics.wait(new Int32Array(gate), 0, 1)
}
