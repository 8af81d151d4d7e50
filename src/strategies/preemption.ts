/**
 * When a leader gives way to a better one. Only after the same member has stood first, in this leader's own view, for
 * the whole of a time: so a newcomer proves itself first, and, since every reign begins with a view of its own, the
 * leadership of a pool moves at most once in that time, whatever its members think of one another.
 */
import type { Member } from "../protocol/member.js"
import type { Cancel, Clock } from "../time/clock.js"

export class Preemption {
  readonly #clock: Clock
  readonly #afterMs: number
  readonly #giveWay: (to: Member) => void
  #candidate: { readonly id: string; readonly cancel: Cancel } | undefined

  /** `giveWay` is called once somebody has stood first for `afterMs`. */
  constructor(clock: Clock, afterMs: number, giveWay: (to: Member) => void) {
    this.#clock = clock
    this.#afterMs = afterMs
    this.#giveWay = giveWay
  }

  /** The line as it is now, as `self`, who leads, sees it. */
  lineIs(line: readonly Member[], self: Member): void {
    const [first] = line
    const better = first && first.id !== self.id && first.state === "ready" ? first : undefined
    if (better?.id === this.#candidate?.id) return
    this.stop()
    if (!better) return
    const cancel = this.#clock.after(this.#afterMs, () => this.#giveWay(better))
    this.#candidate = { id: better.id, cancel }
  }

  stop(): void {
    this.#candidate?.cancel()
    this.#candidate = undefined
  }
}
