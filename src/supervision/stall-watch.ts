/**
 * Whether a worker's process stands still, seen from its parent: the worker says a word again and again, and one that is
 * silent for too long does nothing any more, whatever the reason. Who looks may have stood still as well, with the machine or
 * by Ctrl-Z; then what was said meanwhile is still to be read, and the time counts for nothing.
 */
import { BadInput } from "../errors/errors.js"
import type { Cancel, Clock } from "../time/clock.js"

/** How many words come in the time that is allowed. */
export const WORDS = 4
/** What is shorter can't be told from a machine that is busy, in ms. */
const SHORTEST_MS = 200

/** The limit, if it can be told; throws BadInput otherwise. */
export function checkedKillStalled(limitMs: number): number {
  if (limitMs >= SHORTEST_MS && limitMs < 2 ** 31) return limitMs
  throw new BadInput(
    "time after which a stalled worker is killed",
    `${SHORTEST_MS} ms or more`,
    limitMs,
  )
}

export class StallWatch {
  readonly #clock: Clock
  readonly #limitMs: number
  readonly #stalled: () => void
  #heardMs: number
  #cancel: Cancel = () => {}
  #isOver = false

  /** Watches from now on; `stalled` is called once. */
  constructor(clock: Clock, limitMs: number, stalled: () => void) {
    this.#clock = clock
    this.#limitMs = limitMs
    this.#stalled = stalled
    this.#heardMs = clock.now().monoMs
    this.#ringIn(limitMs)
  }

  /** It moves. */
  heard(): void {
    this.#heardMs = this.#clock.now().monoMs
  }

  stop(): void {
    this.#isOver = true
    this.#cancel()
  }

  #ringIn(ms: number): void {
    const dueMs = this.#clock.now().monoMs + ms
    this.#cancel = this.#clock.after(ms, () => {
      if (this.#clock.now().monoMs - dueMs > this.#limitMs / WORDS) this.heard()
      // What has arrived by now is read before that.
      setImmediate(() => this.#look())
    })
  }

  #look(): void {
    if (this.#isOver) return
    const leftMs = this.#heardMs + this.#limitMs - this.#clock.now().monoMs
    if (leftMs > 0) return this.#ringIn(leftMs)
    this.stop()
    this.#stalled()
  }
}
