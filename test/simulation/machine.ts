/**
 * A process on a machine with clocks of its own: they run fast or slow, the wall clock jumps, and the monotonic one
 * stands still while the machine is suspended. A frozen process does nothing; what arrives meanwhile waits, and
 * comes all at once when it is thawed, in the order that suits it least. A dead one does nothing ever again.
 */
import type { Cancel, Clock, Instant } from "../../src/time/clock.js"
import type { Timeline } from "./timeline.js"

interface Timer {
  readonly dueMs: number
  wake: (() => void) | undefined
  /** Takes it off the timeline. */
  cancel: Cancel
}

/** Timers ring this much late, in ms, so that rounding never makes one ring early. */
const ROUNDING_MS = 1e-6

export class Machine implements Clock {
  state: "running" | "frozen" | "dead" = "running"
  /** How often its monotonic clock stood still. */
  suspensions = 0
  /** When it was last thawed. */
  thawedAtMs = -1
  readonly #timeline: Timeline
  readonly #rate: number
  #monoMs: number
  #wallMs: number
  #sinceMs: number
  #isSuspended = false
  #jumpedBackAtMs = Number.NEGATIVE_INFINITY
  #resumedAtMs = Number.NEGATIVE_INFINITY
  #messages: (() => void)[] = []
  #timers: Timer[] = []

  constructor(timeline: Timeline, rate: number, monoMs: number, wallMs: number) {
    this.#timeline = timeline
    this.#rate = rate
    this.#monoMs = monoMs
    this.#wallMs = wallMs
    this.#sinceMs = timeline.nowMs
  }

  now(): Instant {
    const passedMs = (this.#timeline.nowMs - this.#sinceMs) * this.#rate
    return {
      monoMs: this.#isSuspended ? this.#monoMs : this.#monoMs + passedMs,
      wallMs: this.#wallMs + passedMs,
    }
  }

  after(ms: number, wake: () => void): Cancel {
    const timer: Timer = { dueMs: this.now().monoMs + ms, wake, cancel: () => {} }
    this.#arrange(timer)
    return () => {
      timer.wake = undefined
      timer.cancel()
    }
  }

  /** Has the process deal with something that arrived. */
  take(handle: () => void): void {
    if (this.state === "dead") return
    if (this.state === "frozen") {
      this.#messages.push(handle)
      return
    }
    handle()
  }

  /**
   * A suspension shows only on the wall clock. If that is set back at the same time nobody can know of it, and nothing
   * is promised; so the two never happen within one lease.
   */
  canFreeze(isSuspension: boolean, leaseMs: number): boolean {
    return !isSuspension || this.#timeline.nowMs - this.#jumpedBackAtMs > leaseMs
  }

  canJumpBack(leaseMs: number): boolean {
    return !this.#isSuspended && this.#timeline.nowMs - this.#resumedAtMs > leaseMs
  }

  jumpWall(byMs: number): void {
    if (byMs < 0) this.#jumpedBackAtMs = this.#timeline.nowMs
    this.#rebase()
    this.#wallMs += byMs
  }

  /** Stops the process; with its machine, if it is suspended: then the monotonic clock stands still. */
  freeze(isSuspended: boolean): void {
    if (this.state !== "running") return
    this.#rebase()
    this.state = "frozen"
    this.#isSuspended = isSuspended
    if (isSuspended) this.suspensions += 1
  }

  thaw(areTimersFirst: boolean): void {
    if (this.state !== "frozen") return
    this.#rebase()
    this.state = "running"
    this.thawedAtMs = this.#timeline.nowMs
    if (this.#isSuspended) this.#resumedAtMs = this.#timeline.nowMs
    this.#isSuspended = false
    const messages = this.#messages.splice(0).map((handle) => () => this.take(handle))
    const rings = this.#timers.splice(0).map((timer) => () => this.#ring(timer))
    const waiting = areTimersFirst ? [...rings, ...messages] : [...messages, ...rings]
    for (const each of waiting) this.#timeline.at(this.#timeline.nowMs, each)
  }

  die(): void {
    this.state = "dead"
    this.#messages = []
    this.#timers = []
  }

  #arrange(timer: Timer): void {
    const leftMs = Math.max(0, timer.dueMs - this.now().monoMs) / this.#rate
    const atMs = this.#timeline.nowMs + leftMs + ROUNDING_MS
    timer.cancel = this.#timeline.at(atMs, () => this.#ring(timer))
  }

  #ring(timer: Timer): void {
    if (!timer.wake || this.state === "dead") return
    if (this.state === "frozen") {
      this.#timers.push(timer)
      return
    }
    if (timer.dueMs > this.now().monoMs) return this.#arrange(timer)
    timer.wake()
  }

  #rebase(): void {
    const { monoMs, wallMs } = this.now()
    this.#monoMs = monoMs
    this.#wallMs = wallMs
    this.#sinceMs = this.#timeline.nowMs
  }
}
