/**
 * What one service of a member has done since it began: counters for discovery, metrics and the member's
 * entry. Cheap enough for every request: no allocation, no sorting until somebody asks.
 */
import type { Clock } from "../time/clock.js"

/** How many of the last requests the median looks at; a power of two. */
const RECENT = 256

export class Tally {
  /** Requests answered with a result. */
  done = 0
  /** Requests answered with an error, those given up included. */
  failed = 0
  /** Requests in flight. */
  busy = 0
  /** Time spent on all requests that ended, in ms. */
  processingMs = 0
  /** The last error answered: `<status>: <reason>`; empty if there was none. */
  lastError = ""
  /** When counting began, in ms since 1970. */
  readonly startedMs: number
  readonly #recentMs = new Float64Array(RECENT)

  constructor(clock: Clock) {
    this.startedMs = clock.now().wallMs
  }

  /** Requests that ended, either way. */
  get ended(): number {
    return this.done + this.failed
  }

  /** Notes a request that was answered after `ms`. */
  succeeded(ms: number): void {
    this.#took(ms)
    this.done++
  }

  /** Notes a request that ended in `error` after `ms`. */
  erred(ms: number, error: string): void {
    this.#took(ms)
    this.failed++
    this.lastError = error
  }

  /** The median duration of the last 256 requests, in ms; undefined before the first. */
  p50Ms(): number | undefined {
    const known = Math.min(this.ended, RECENT)
    if (known === 0) return undefined
    return this.#recentMs.slice(0, known).sort()[known >> 1]
  }

  #took(ms: number): void {
    this.processingMs += ms
    this.#recentMs[this.ended & (RECENT - 1)] = ms
  }
}
