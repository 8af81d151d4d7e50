/** Figures of samples: median, quartiles, 99th percentile, extremes. */

export interface Figures {
  readonly n: number
  readonly min: number
  /** A quarter of the samples are below it. */
  readonly low: number
  readonly median: number
  /** A quarter of the samples are above it. */
  readonly high: number
  readonly p99: number
  readonly max: number
}

/** The figures of `samples`, which must not be empty. */
export function figuresOf(samples: readonly number[]): Figures {
  const sorted = [...samples].sort((a, b) => a - b)
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN
  return {
    n: sorted.length,
    min: at(0),
    low: at(0.25),
    median: at(0.5),
    high: at(0.75),
    p99: at(0.99),
    max: sorted.at(-1) ?? Number.NaN,
  }
}
