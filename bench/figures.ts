/** Figures from samples: median, 99th percentile, extremes; and how they are printed beside their limits. */

export interface Figures {
  readonly n: number
  readonly min: number
  readonly median: number
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
    median: at(0.5),
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
