/**
 * One instance of a NATS service (ADR-32): answers PING, INFO and STATS, asked of all services, of those of its
 * name, or of itself. `nats micro ls`, `info`, `stats` and `ping` speak this.
 *
 * The framework of the client library is not used: it counts in whole milliseconds, and wants the endpoint
 * itself to be its own.
 */
import type { Bus, BusMessage, BusSubscription } from "../contracts/bus.js"
import { listen } from "../protocol/listening.js"
import type { Tally } from "../work/tally.js"

/** Where an instance takes requests. */
export interface Endpoint {
  readonly name: string
  readonly subject: string
  /** Empty where it shares the work with nobody. */
  readonly queueGroup: string
  readonly tally: Tally
}

export interface MicroServiceOptions {
  readonly bus: Bus
  /** `[A-Za-z0-9_-]+` */
  readonly name: string
  /** Unique to this instance. */
  readonly id: string
  /** Semantic version. */
  readonly version: string
  readonly description: string
  readonly metadata: Readonly<Record<string, string>>
  /** When it began to count, in ms since 1970. */
  readonly startedMs: number
  readonly endpoints: readonly Endpoint[]
  /** What the statistics of each endpoint show besides, at this moment. */
  readonly data: () => object
  /** Told of a subscription that the server refuses. */
  readonly onProblem?: (problem: Error) => void
}

const TYPE = "io.nats.micro.v1"
const NANOS_PER_MS = 1_000_000

export class MicroService {
  readonly #options: MicroServiceOptions
  #subscriptions: BusSubscription[] = []

  constructor(options: MicroServiceOptions) {
    this.#options = options
  }

  /** Begins to answer. */
  open(): void {
    if (this.#subscriptions.length > 0) return
    const { bus, name, id, onProblem } = this.#options
    this.#subscriptions = ["$SRV.*", `$SRV.*.${name}`, `$SRV.*.${name}.${id}`].map((subject) =>
      listen(bus, subject, (message) => this.#answer(message), { onProblem }),
    )
  }

  /** Is not to be found any more. */
  close(): void {
    for (const subscription of this.#subscriptions.splice(0)) subscription.unsubscribe()
  }

  #answer(message: BusMessage): void {
    const verb = message.subject.split(".")[1]
    if (verb === "PING") this.#respond(message, "ping", {})
    if (verb === "INFO") this.#respond(message, "info", this.#info())
    if (verb === "STATS") this.#respond(message, "stats", this.#stats())
  }

  #respond(message: BusMessage, kind: string, more: object): void {
    const { name, id, version, metadata } = this.#options
    const type = `${TYPE}.${kind}_response`
    message.respond(JSON.stringify({ type, name, id, version, metadata, ...more }))
  }

  #info(): object {
    const { description, endpoints } = this.#options
    return {
      description,
      endpoints: endpoints.map((endpoint) => ({ ...addressOf(endpoint), metadata: {} })),
    }
  }

  #stats(): object {
    const { startedMs, endpoints, data } = this.#options
    const more = data()
    return {
      started: new Date(startedMs).toISOString(),
      endpoints: endpoints.map((endpoint) => ({
        ...addressOf(endpoint),
        ...statisticsOf(endpoint.tally),
        data: { ...more, busy: endpoint.tally.busy, p50_ms: toMicros(endpoint.tally.p50Ms()) },
      })),
    }
  }
}

function addressOf({ name, subject, queueGroup }: Endpoint): object {
  return { name, subject, queue_group: queueGroup }
}

/** Rounded to a whole microsecond. */
function toMicros(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.round(ms * 1000) / 1000
}

/** Times in nanoseconds. */
function statisticsOf({ ended, failed, lastError, processingMs }: Tally): object {
  const processingTime = Math.round(processingMs * NANOS_PER_MS)
  return {
    num_requests: ended,
    num_errors: failed,
    last_error: lastError,
    processing_time: processingTime,
    average_processing_time: ended === 0 ? 0 : Math.round(processingTime / ended),
  }
}
