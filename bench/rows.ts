/**
 * What a part of the bench hands back: a row for each thing that it measured, with its figures, those of what it is
 * compared with, and the limit that it should keep. Whether it does is written beside it and decides nothing, for times
 * depend on the machine.
 */
import { type Figures, figuresOf } from "./figures.js"

/** What should hold of one figure: of the thing itself, of its ratio to the baseline, or of how far it is above that. */
export interface Limit {
  readonly of: "figures" | "ratio" | "difference"
  readonly figure: "min" | "median" | "p99" | "max"
  readonly atMost?: number
  readonly atLeast?: number
}

/** What something is compared with, measured in the same run and in turns. */
export interface Baseline {
  readonly what: string
  readonly figures: Figures
}

export interface Row {
  readonly what: string
  /** Of all its figures: `ms`, `/s`, `% of a core`, `MB`, `messages`. */
  readonly unit: string
  readonly figures: Figures
  readonly baseline?: Baseline
  /** How many times the baseline, pair by pair. */
  readonly ratio?: Figures
  readonly limit?: Limit
  /** Whether the limit is kept; left out where there is none. */
  readonly met?: boolean
}

export interface Measured {
  readonly what: string
  readonly unit: string
  readonly samples: readonly number[]
  /** Its samples belong to the others one by one: the ratio is that of the pairs. */
  readonly baseline?: { readonly what: string; readonly samples: readonly number[] }
  readonly limit?: Limit
}

/** The row of what was measured. Throws where there are no samples, or where they are no pairs. */
export function rowOf({ what, unit, samples, baseline, limit }: Measured): Row {
  if (samples.length === 0) throw new Error(`${what}: nothing was measured`)
  const figures = figuresOf(samples)
  const pairs = baseline && pairsOf(what, samples, baseline.samples)
  const ratio = pairs && figuresOf(pairs.map(([own, other]) => own / other))
  const difference = pairs && figuresOf(pairs.map(([own, other]) => own - other))
  const limited = limit && { figures, ratio, difference }[limit.of]
  return {
    what,
    unit,
    figures,
    ...(baseline && { baseline: { what: baseline.what, figures: figuresOf(baseline.samples) } }),
    ...(ratio && { ratio }),
    ...(limit && { limit, met: limited !== undefined && isKept(limit, limited[limit.figure]) }),
  }
}

function pairsOf(
  what: string,
  samples: readonly number[],
  others: readonly number[],
): [number, number][] {
  if (samples.length !== others.length) {
    throw new Error(`${what}: ${samples.length} samples beside ${others.length} are no pairs`)
  }
  return samples.map((sample, n) => [sample, others[n] as number])
}

function isKept({ atMost = Infinity, atLeast = -Infinity }: Limit, value: number): boolean {
  return value <= atMost && value >= atLeast
}
