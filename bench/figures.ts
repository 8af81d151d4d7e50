/** Figures from samples: median, quartiles, 99th percentile, extremes; and how they are printed beside their limits. */

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

/** One line: what was measured, its figures in ms, and the limits it should keep. */
export function inMs(what: string, figures: Figures, limits: string): string {
  const ms = (value: number) => `${value.toFixed(1)} ms`.padStart(9)
  const { n, min, median, p99, max } = figures
  const row = `min ${ms(min)}  median ${ms(median)}  p99 ${ms(p99)}  max ${ms(max)}`
  return `${what.padEnd(28)} n ${String(n).padStart(3)}  ${row}   ${limits}`
}

/** How many times as much as the other one, round by round: the median, and between what the middle half lies. */
export function inTimes({ low, median, high }: Figures): string {
  return `ratio median ${median.toFixed(2)}, half of them ${low.toFixed(2)} to ${high.toFixed(2)}`
}
