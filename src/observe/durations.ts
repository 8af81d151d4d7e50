/**
 * How long things took, sorted into buckets as Prometheus has them. Cheap enough for every request: no allocation, no
 * labels to look up.
 */
export class Durations {
  /** Of all of them, in ms. */
  sumMs = 0
  /** Upper bounds, in ms, ascending; the last bucket has none. */
  readonly #boundsMs: Float64Array
  readonly #counts: Float64Array

  constructor(boundsMs: readonly number[]) {
    this.#boundsMs = Float64Array.from(boundsMs)
    this.#counts = new Float64Array(boundsMs.length + 1)
  }

  note(ms: number): void {
    let at = 0
    while (ms > (this.#boundsMs[at] ?? Number.POSITIVE_INFINITY)) at++
    this.#counts[at] = (this.#counts[at] ?? 0) + 1
    this.sumMs += ms
  }

  /** How many took no longer than each bound, and in the end how many there were. */
  cumulative(): number[] {
    let sum = 0
    return Array.from(this.#counts, (count) => {
      sum += count
      return sum
    })
  }
}
