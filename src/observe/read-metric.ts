/** A metric that is read when somebody asks, from what is counted or known elsewhere. */
import type { Counter, Gauge, LabelValues, Registry } from "prom-client"

export type Reading<Label extends string> = readonly [LabelValues<Label>, number]

export interface ReadMetric<Label extends string> {
  readonly name: string
  readonly help: string
  readonly labelNames: readonly Label[]
  readonly read: () => readonly Reading<Label>[] | Promise<readonly Reading<Label>[]>
}

/** Counts `what` once more, or `by` so many. */
export function countIn<T>(counts: Map<T, number>, what: T, by = 1): void {
  counts.set(what, (counts.get(what) ?? 0) + by)
}

export function readMetric<Label extends string>(
  registry: Registry,
  Kind: typeof Counter<Label> | typeof Gauge<Label>,
  { name, help, labelNames, read }: ReadMetric<Label>,
): void {
  const metric = new Kind({
    ...{ name, help, labelNames, registers: [registry] },
    async collect() {
      const readings = await read()
      metric.reset()
      for (const [labels, value] of readings) metric.inc(labels, value)
    },
  })
  metric.reset()
}
