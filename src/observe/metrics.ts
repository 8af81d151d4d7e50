/**
 * What a worker measures, for Prometheus. Names and units are the field's: seconds, `_total` for what only grows.
 * Counters live as long as the worker, over its restarts as a member. With them come the usual `process_` and
 * `nodejs_` metrics of the process, the lag of its event loop among them.
 */
import { Counter, collectDefaultMetrics, Gauge, type LabelValues, Registry } from "prom-client"
import type { JobMeter, Meter, RenewalOutcome, RequestMeter, WorkKind } from "../contracts/meter.js"
import { PACKAGE_VERSION } from "../discovery/package-version.js"
import { reignOf, type StandingClaim } from "../protocol/claim.js"
import type { Durations } from "./durations.js"
import { type Health, readinessOf } from "./health.js"
import { DurationHistogram } from "./histogram.js"
import { JobMetrics, type SeenJobs } from "./job-metrics.js"
import type { LeaderNews } from "./leader-watch.js"
import { countIn, type Reading, readMetric } from "./read-metric.js"

/** A worker as its metrics see it when somebody asks. */
export interface Measured extends Health {
  /** Unique to this run of the member; empty before the first one. */
  readonly id: string
  readonly host: string
  readonly news: LeaderNews | undefined
  /** For how long its last `lead` has gone on after its reign; 0 if it has returned. */
  readonly lingeringMs: number
  /** The claim as it knows it. */
  readonly standing: StandingClaim | undefined
}

/** Shared by all workers of this process. */
let ofProcess: Registry | undefined

export class Metrics implements Meter {
  readonly requests: Readonly<Record<WorkKind, RequestCounts>>
  readonly #renewals: Record<RenewalOutcome, number> = { acknowledged: 0, refused: 0, unknown: 0 }
  readonly #renewalDurations: Durations
  readonly #registry = new Registry()
  #jobs: JobMetrics | undefined
  #changes = 0
  #lastTerm = 0

  /** `look` tells how the worker is at the moment. */
  constructor(pool: string, name: string, look: () => Measured) {
    this.#registry.setDefaultLabels({ pool, name })
    const counting = this.#histogram("pool_request_duration_seconds", "Call of handler to answer.")
    this.requests = {
      simple: new RequestCounts(counting({ kind: "simple" })),
      tracked: new RequestCounts(counting({ kind: "tracked" })),
    }
    this.#renewalDurations = this.#histogram(
      "pool_lease_renewal_duration_seconds",
      "From sending a renewal of the claim to its answer, or to giving it up.",
    )({})
    this.#describeWork()
    this.#describeLeadership(look)
    if (ofProcess) return
    ofProcess = new Registry()
    collectDefaultMetrics({ register: ofProcess })
  }

  /** All of them, in the text format. */
  async text(): Promise<string> {
    return `${await this.#registry.metrics()}\n${await ofProcess?.metrics()}`
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  renewed(outcome: RenewalOutcome, ms: number): void {
    this.#renewals[outcome]++
    this.#renewalDurations.note(ms)
  }

  /** Who leads has changed. */
  heard({ leader }: LeaderNews): void {
    if (!leader || leader.term === this.#lastTerm) return
    this.#lastTerm = leader.term
    this.#changes++
  }

  /** Measures jobs as well from now on. */
  ofJobs(seen: SeenJobs): JobMeter {
    this.#jobs ??= new JobMetrics(this.#registry, seen)
    return this.#jobs
  }

  #describeWork(): void {
    const kinds = Object.entries(this.requests)
    this.#metric(
      Counter,
      "pool_requests_total",
      "Requests that were answered.",
      ["kind", "outcome"],
      () =>
        kinds.flatMap(([kind, { done, failed }]): Reading<"kind" | "outcome">[] => [
          [{ kind, outcome: "ok" }, done],
          [{ kind, outcome: "error" }, failed],
        ]),
    )
    this.#metric(Counter, "pool_request_errors_total", "Errors answered.", ["kind", "status"], () =>
      kinds.flatMap(([kind, { statuses }]) => readings(kind, statuses)),
    )
    const turnedAway = "Requests turned away without a handler: 429 full, 409 not the leader."
    this.#metric(Counter, "pool_requests_refused_total", turnedAway, ["kind", "status"], () =>
      kinds.flatMap(([kind, { refusals }]) => readings(kind, refusals)),
    )
    this.#metric(
      Gauge,
      "pool_requests_in_flight",
      "Requests in the hands of handlers.",
      ["kind"],
      () => kinds.map(([kind, { busy }]) => [{ kind }, busy]),
    )
    this.#metric(Counter, "pool_lease_renewals_total", "Renewals of the claim.", ["outcome"], () =>
      Object.entries(this.#renewals).map(([outcome, n]) => [{ outcome }, n]),
    )
    const help = "Reigns that were seen to begin, this worker's own included."
    this.#metric(Counter, "pool_leader_changes_total", help, [], () => [[{}, this.#changes]])
  }

  #describeLeadership(look: () => Measured): void {
    const gauge = (name: string, help: string, read: (worker: Measured) => number) =>
      this.#metric(Gauge, name, help, [], () => [[{}, read(look())]])
    gauge("pool_is_leader", "1 on the leader, 0 elsewhere.", ({ reign }) => Number(!!reign))
    gauge("pool_has_leader", "1 if this worker knows of a leader.", ({ news }) =>
      Number(!!news?.leader),
    )
    gauge("pool_term", "Of the reign that this worker knows of; 0 before the first.", (worker) =>
      worker.standing ? reignOf(worker.standing).term : 0,
    )
    gauge("pool_lease_seconds", "How long a claim holds without a renewal.", (worker) =>
      seconds(worker.leaseMs),
    )
    gauge(
      "pool_lease_remaining_seconds",
      "For how long nobody else can lead without a further renewal; 0 if it does not lead.",
      ({ reign }) => seconds(reign?.remainingMs ?? 0),
    )
    gauge(
      "pool_lead_lingering_seconds",
      "For how long lead() has gone on after its reign; 0 if it has returned. Until then it may not lead.",
      (worker) => seconds(worker.lingeringMs),
    )
    gauge("pool_ready", "1 if it is ready and connected.", (worker) =>
      Number(readinessOf(worker).isGood),
    )
    this.#metric(Gauge, "pool_member_info", "Its run as a member.", ["id", "host"], () => {
      const { id, host } = look()
      return [[{ id, host }, 1]]
    })
    const build = { version: PACKAGE_VERSION, node_version: process.version }
    this.#metric(Gauge, "pool_build_info", "What runs.", ["version", "node_version"], () => [
      [build, 1],
    ])
  }

  #histogram(name: string, help: string): (labels: LabelValues<string>) => Durations {
    const histogram = new DurationHistogram({ name, help, registry: this.#registry })
    return (labels) => histogram.counting(labels)
  }

  #metric<Label extends string>(
    Kind: typeof Counter<Label> | typeof Gauge<Label>,
    name: string,
    help: string,
    labelNames: readonly Label[],
    read: () => readonly Reading<Label>[],
  ): void {
    readMetric(this.#registry, Kind, { name, help, labelNames, read })
  }
}

/** How often, by status. */
type Counts = Map<number, number>

function readings(kind: string, counts: Counts): Reading<"kind" | "status">[] {
  return [...counts].map(([status, n]) => [{ kind, status }, n])
}

/** What requests of one kind came to. */
class RequestCounts implements RequestMeter {
  busy = 0
  done = 0
  /** How often an error was answered, by its status. */
  readonly statuses: Counts = new Map()
  /** How often a requester was turned away, by the status. */
  readonly refusals: Counts = new Map()
  readonly #durations: Durations

  constructor(durations: Durations) {
    this.#durations = durations
  }

  get failed(): number {
    return [...this.statuses.values()].reduce((sum, n) => sum + n, 0)
  }

  began(): void {
    this.busy++
  }

  ended(ms: number, status?: number): void {
    this.busy--
    this.#durations.note(ms)
    if (status === undefined) this.done++
    else countIn(this.statuses, status)
  }

  refused(status: number): void {
    countIn(this.refusals, status)
  }
}

function seconds(ms: number): number {
  return ms / 1000
}
