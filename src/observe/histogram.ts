/**
 * Durations as a Prometheus histogram. `prom-client` has one, which looks its labels up with every observation: that
 * costs as much as a tenth of answering a request. Here the labels are put on when somebody asks.
 */
import { Histogram, type LabelValues, type Registry } from "prom-client"
import { Durations } from "./durations.js"

/** In seconds. */
const BUCKETS = [
  ...[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1],
  ...[0.25, 0.5, 1, 2.5, 5, 10, 30],
]

export interface DurationHistogramOptions {
  readonly name: string
  readonly help: string
  readonly registry: Registry
}

export class DurationHistogram extends Histogram<string> {
  readonly #metric: { readonly name: string; readonly help: string }
  readonly #series: { readonly labels: LabelValues<string>; readonly durations: Durations }[] = []

  constructor({ name, help, registry }: DurationHistogramOptions) {
    super({ name, help, registers: [registry], buckets: BUCKETS })
    this.#metric = { name, help }
  }

  /** What counts under these labels; call it once for each. */
  counting(labels: LabelValues<string>): Durations {
    const durations = new Durations(BUCKETS.map((seconds) => seconds * 1000))
    this.#series.push({ labels, durations })
    return durations
  }

  /** What a registry asks for, and `get` as well; the types of the package leave it out. */
  async getForPromString() {
    const { name, help } = this.#metric
    const values = this.#series.flatMap(({ labels, durations }) => {
      const counts = durations.cumulative()
      const buckets = counts.map((value, at) => ({
        metricName: `${name}_bucket`,
        labels: { ...labels, le: BUCKETS[at] ?? "+Inf" },
        value,
      }))
      const sum = { metricName: `${name}_sum`, labels, value: durations.sumMs / 1000 }
      return [...buckets, sum, { metricName: `${name}_count`, labels, value: counts.at(-1) ?? 0 }]
    })
    return { name, help, type: "histogram", aggregator: "sum", values }
  }
}
