/** What came of many requests: who did how much, what failed and why, and how fast it was. Its memory has a bound. */
import { clean } from "../../dashboard/drawing/clean.js"
import { reasonOf } from "../../errors/thrown.js"

/** So many times are kept, picked evenly from all: enough for a 99th percentile. */
const MOST_TIMES = 100_000
/** So many different reasons are told apart. */
const MOST_REASONS = 20

export interface Scored {
  readonly answered: number
  readonly failed: number
  readonly seconds: number
  /** Answers a second. */
  readonly perSecond: number
  /** Of the answers, in ms; undefined where there are none. */
  readonly medianMs: number | undefined
  readonly p99Ms: number | undefined
  readonly longestMs: number | undefined
  /** Answers by worker. */
  readonly workers: Readonly<Record<string, number>>
  /** Failures by reason. */
  readonly errors: Readonly<Record<string, number>>
}

export class Score {
  answered = 0
  failed = 0
  readonly #workers = new Map<string, number>()
  readonly #errors = new Map<string, number>()
  readonly #timesMs: number[] = []
  #longestMs = 0
  readonly #random: () => number

  constructor(random: () => number = Math.random) {
    this.#random = random
  }

  get done(): number {
    return this.answered + this.failed
  }

  answer(worker: string, ms: number): void {
    this.answered += 1
    this.#workers.set(worker, (this.#workers.get(worker) ?? 0) + 1)
    this.#longestMs = Math.max(this.#longestMs, ms)
    const at =
      this.answered <= MOST_TIMES
        ? this.#timesMs.length
        : Math.floor(this.#random() * this.answered)
    if (at < MOST_TIMES) this.#timesMs[at] = ms
  }

  failure(error: unknown): void {
    this.failed += 1
    const reason = clean(reasonOf(error))
    const isKnown = this.#errors.has(reason) || this.#errors.size < MOST_REASONS
    const told = isKnown ? reason : "other reasons"
    this.#errors.set(told, (this.#errors.get(told) ?? 0) + 1)
  }

  /** All of it, after so many seconds. */
  after(seconds: number): Scored {
    const times = this.#timesMs.toSorted((a, b) => a - b)
    const at = (share: number) => rounded(times[Math.floor(share * times.length)])
    return {
      ...{ answered: this.answered, failed: this.failed, seconds: rounded(seconds) as number },
      perSecond: Math.round(this.answered / Math.max(seconds, 0.001)),
      ...{ medianMs: at(0.5), p99Ms: at(0.99) },
      longestMs: this.answered > 0 ? rounded(this.#longestMs) : undefined,
      workers: Object.fromEntries([...this.#workers].sort()),
      errors: Object.fromEntries(this.#errors),
    }
  }
}

/** In lines: `100 answers in 0.02 s, 5,000/s: a 50, b 50; median 0.4 ms, ...`, and one for each reason of a failure. */
export function linesOf(scored: Scored): string[] {
  const { answered, seconds, perSecond, medianMs, p99Ms, longestMs, workers, errors } = scored
  const shares = Object.entries(workers).map(
    ([name, n]) => `${clean(name)} ${n.toLocaleString("en-US")}`,
  )
  const speed = `median ${medianMs} ms, p99 ${p99Ms} ms, longest ${longestMs} ms`
  const whole = `${answered.toLocaleString("en-US")} answers in ${seconds} s`
  const first =
    answered === 0
      ? whole
      : `${whole}, ${perSecond.toLocaleString("en-US")}/s: ${shares.join(", ")}; ${speed}`
  const failures = Object.entries(errors).map(
    ([reason, n]) => `${n.toLocaleString("en-US")} failed: ${reason}`,
  )
  return [first, ...failures]
}

function rounded(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Math.round(value * 100) / 100
}
