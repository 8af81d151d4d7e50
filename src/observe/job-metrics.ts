/**
 * What a worker with jobs measures besides: what became of those that it took, and how many lie in each queue of the pool,
 * which is asked of the server when somebody reads the metrics, and kept for some seconds. While the server does not say,
 * those are left out.
 */
import { Counter, Gauge, type Registry } from "prom-client"
import type { JobMeter, JobOutcome } from "../contracts/meter.js"
import type { QueueCounts } from "../jobs/contract/job-store.js"
import { countIn, type Reading, readMetric } from "./read-metric.js"

/** How long what the server said is kept, in ms. */
const KEPT_MS = 5_000

/** What is known of all jobs of the pool, and by which clock. */
export interface SeenJobs {
  counts(): Promise<readonly QueueCounts[]>
  /** In ms since 1970. */
  nowMs(): number
}

export class JobMetrics implements JobMeter {
  readonly #registry: Registry
  readonly #ended = new Map<string, Map<JobOutcome, number>>()
  readonly #crashes = new Map<string, number>()
  readonly #fired = new Map<string, number>()
  readonly #skipped = new Map<string, number>()
  readonly #seen: SeenJobs
  #counts: { readonly read: Promise<readonly QueueCounts[]>; readonly untilMs: number } | undefined

  constructor(registry: Registry, seen: SeenJobs) {
    this.#registry = registry
    this.#seen = seen
    this.#describeOwn()
    this.#describePool()
  }

  ended(queue: string, outcome: JobOutcome): void {
    const outcomes = this.#ended.get(queue) ?? new Map()
    countIn(outcomes, outcome)
    this.#ended.set(queue, outcomes)
  }

  crashed(queue: string): void {
    countIn(this.#crashes, queue)
  }

  ticked(cron: string, skipped: number): void {
    countIn(this.#fired, cron)
    countIn(this.#skipped, cron, skipped)
  }

  #describeOwn(): void {
    readMetric(this.#registry, Counter, {
      name: "pool_jobs_attempts_total",
      help: "Attempts of this worker that ended: done, retried (failed, and tried again), dead (failed for good), cancelled.",
      labelNames: ["queue", "outcome"],
      read: () =>
        [...this.#ended].flatMap(([queue, outcomes]) =>
          [...outcomes].map(([outcome, n]) => [{ queue, outcome }, n] as const),
        ),
    })
    readMetric(this.#registry, Counter, {
      name: "pool_jobs_crashed_total",
      help: "Jobs that came to this worker after one that had them had died or frozen.",
      labelNames: ["queue"],
      read: () => [...this.#crashes].map(([queue, n]) => [{ queue }, n] as const),
    })
    readMetric(this.#registry, Counter, {
      name: "pool_cron_ticks_total",
      help: "Ticks that this worker decided while it led: fired, or skipped by policy before one that was fired.",
      labelNames: ["cron", "outcome"],
      read: () => {
        const of = (counts: ReadonlyMap<string, number>, outcome: string) =>
          [...counts].map(([cron, n]) => [{ cron, outcome }, n] as const)
        return [...of(this.#fired, "fired"), ...of(this.#skipped, "skipped")]
      },
    })
  }

  #describePool(): void {
    const gauge = (
      name: string,
      help: string,
      of: (counts: QueueCounts, nowMs: number) => number | undefined,
    ) =>
      readMetric(this.#registry, Gauge, {
        ...{ name, help: `${help} Of the whole pool: take max by (pool, queue).` },
        labelNames: ["queue"],
        read: async () => {
          const counts = await this.#read()
          const nowMs = this.#seen.nowMs()
          return counts.flatMap((one): Reading<"queue">[] => {
            const value = of(one, nowMs)
            return value === undefined ? [] : [[{ queue: one.queue }, value]]
          })
        },
      })
    gauge("pool_jobs_waiting", "Jobs that are ready.", ({ waiting }) => waiting)
    gauge("pool_jobs_running", "Jobs in the hands of workers.", ({ running }) => running)
    gauge("pool_jobs_delayed", "Jobs that are to be done later.", ({ delayed }) => delayed)
    gauge("pool_jobs_dead", "Jobs that have failed for good.", ({ dead }) => dead)
    gauge(
      "pool_jobs_oldest_waiting_seconds",
      "For how long the job is ready that has waited longest; 0 if none waits.",
      ({ oldestMs }, nowMs) => (oldestMs === undefined ? 0 : Math.max(0, nowMs - oldestMs) / 1000),
    )
    gauge("pool_jobs_served", "1 if any worker asks for its jobs, or runs some.", ({ isServed }) =>
      Number(isServed),
    )
    gauge("pool_jobs_paused", "1 if it is paused.", ({ pausedUntilMs }) => Number(!!pausedUntilMs))
  }

  /** One look for all that is read at once; nothing, if the server doesn't say. */
  #read(): Promise<readonly QueueCounts[]> {
    const nowMs = performance.now()
    if (this.#counts && this.#counts.untilMs > nowMs) return this.#counts.read
    const read = this.#seen.counts().catch(() => [])
    this.#counts = { read, untilMs: nowMs + KEPT_MS }
    return read
  }
}
