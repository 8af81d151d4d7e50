/**
 * How often a worker may fail, after OTP's restart intensity: failures now and then are dealt with by joining anew, too
 * many in a short time are somebody else's to deal with. Between tries that fail one after another it waits, longer
 * each time.
 */
import { PoolError } from "../errors/errors.js"
import { type KindsOf, numberFrom } from "../options/known-options.js"

/** More than `failures` within `withinMs` are too many. */
export interface RestartIntensity {
  readonly failures: number
  readonly withinMs: number
}

/** Their names and kinds. */
export const RESTART_INTENSITY = {
  failures: numberFrom(0),
  withinMs: numberFrom(1),
} satisfies KindsOf<RestartIntensity>

const DEFAULT_INTENSITY: RestartIntensity = { failures: 5, withinMs: 60_000 }

/** A worker failed too often, and left its pool. The last failure is its cause. */
export class TooManyFailures extends PoolError {
  override readonly name = "TooManyFailures"
  override readonly code = "too-many-failures"
  constructor(
    readonly worker: string,
    readonly intensity: RestartIntensity,
    options?: ErrorOptions,
  ) {
    const { failures, withinMs } = intensity
    super(
      `worker ${worker} failed more than ${failures} times within ${withinMs / 1000} s; see the first failures in its log`,
      options,
    )
  }
}

/** Counts failures. */
export class Failures {
  readonly intensity: RestartIntensity
  #timesMs: number[] = []

  constructor(intensity: Partial<RestartIntensity> = {}) {
    this.intensity = {
      failures: intensity.failures ?? DEFAULT_INTENSITY.failures,
      withinMs: intensity.withinMs ?? DEFAULT_INTENSITY.withinMs,
    }
  }

  /** Notes one at `nowMs`; says whether that was one too many. */
  areTooMany(nowMs: number): boolean {
    const { failures, withinMs } = this.intensity
    this.#timesMs = [...this.#timesMs.filter((atMs) => nowMs - atMs < withinMs), nowMs]
    return this.#timesMs.length > failures
  }
}

/** How long to wait between failures that follow one another: see Pace. */
export const RESTART_PACE = { firstMs: 100, mostMs: 30_000 } as const
