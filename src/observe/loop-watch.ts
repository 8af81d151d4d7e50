/**
 * Whether the event loop of this process stood still for longer than it may: a timer that rings late shows it. What is
 * told is certain, and up to a quarter of the limit less than it was. While the loop stands still nobody can be told;
 * so it is remembered for as long again.
 */
import { BadInput } from "../errors/errors.js"
import type { Cancel, Clock } from "../time/clock.js"

/** What is shorter can't be told from a timer that is a little late, in ms. */
const SHORTEST_LIMIT_MS = 40
/** How many times the timer rings in the time that is allowed. */
const RINGS = 4

/** The limit, if a timer can tell it; throws BadInput otherwise. */
export function checkedStall(limitMs: number): number {
  if (limitMs >= SHORTEST_LIMIT_MS && limitMs < 2 ** 31) return limitMs
  throw new BadInput("longest stall", `${SHORTEST_LIMIT_MS} ms or more`, limitMs)
}

export class LoopWatch {
  readonly #clock: Clock
  readonly #limitMs: number
  readonly #onStall: (stalledMs: number) => void
  /** When the timer is to ring. */
  #dueMs = 0
  #stall: { readonly ms: number; readonly endedMs: number } | undefined
  #cancel: Cancel = () => {}

  /**
   * Watches from now on, until `stop`. `limitMs` is how long it may stand still; `onStall` is told each time that it
   * did for longer, as soon as it moves again. Throws BadInput for a limit that no timer can tell.
   */
  constructor(clock: Clock, limitMs: number, onStall: (stalledMs: number) => void = () => {}) {
    this.#clock = clock
    this.#limitMs = checkedStall(limitMs)
    this.#onStall = onStall
    this.#ringLater()
  }

  /** For how many ms it stood still, if that was longer than allowed, and not long ago. */
  stalledMs(): number | undefined {
    const { monoMs } = this.#clock.now()
    // Whoever asks right after may be heard before the timer is.
    const lateMs = monoMs - this.#dueMs
    if (lateMs > this.#limitMs) return lateMs
    const { ms, endedMs = 0 } = this.#stall ?? {}
    return monoMs - endedMs <= this.#limitMs ? ms : undefined
  }

  stop(): void {
    this.#cancel()
  }

  #ringLater(): void {
    const everyMs = this.#limitMs / RINGS
    this.#dueMs = this.#clock.now().monoMs + everyMs
    this.#cancel = this.#clock.after(everyMs, () => this.#ring())
  }

  #ring(): void {
    const endedMs = this.#clock.now().monoMs
    const ms = endedMs - this.#dueMs
    this.#ringLater()
    if (ms <= this.#limitMs) return
    this.#stall = { ms, endedMs }
    this.#onStall(ms)
  }
}
