/** Counters of all members, from the statistics that every NATS service gives (ADR-32). */
import { createInbox, type NatsConnection } from "nats"
import { listen } from "../protocol/listening.js"
import type { Counters } from "./world/source.js"

/** Members that answer later than this are left out, this time. */
const PATIENCE_MS = 300

interface StatsResponse {
  readonly id: string
  readonly endpoints?: readonly Endpoint[]
}

interface Endpoint {
  readonly subject: string
  readonly num_requests: number
  readonly num_errors: number
  readonly data?: { readonly busy?: number; readonly p50_ms?: number; readonly tracked?: number }
}

const NANOS_PER_MS = 1_000_000
const NOTHING: Counters = { done: 0, tracked: 0, failed: 0, busy: 0 }

/** By member id. */
export type Counted = ReadonlyMap<string, Counters>

/** Asks all members of `pool`; resolves with what came in time, by member id. */
export function askStatistics(connection: NatsConnection, pool: string): Promise<Counted> {
  return new Promise((resolve) => {
    const counters = new Map<string, Counters>()
    const inbox = createInbox()
    const take = ({ data }: { data: Uint8Array }) => {
      // Where no member is there the server itself answers, with nothing.
      if (data.length === 0) return
      const { id, endpoints = [] } = JSON.parse(new TextDecoder().decode(data)) as StatsResponse
      counters.set(
        id,
        endpoints.reduce((sum, endpoint) => plus(sum, endpoint, pool), counters.get(id) ?? NOTHING),
      )
    }
    // What fails is somebody else's service of the same name, with statistics of its own kind.
    const subscription = listen(connection, inbox, take)
    for (const service of [pool, `${pool}-leader`]) {
      connection.publish(`$SRV.STATS.${service}`, "", { reply: inbox })
    }
    setTimeout(() => {
      subscription.unsubscribe()
      resolve(counters)
    }, PATIENCE_MS)
  })
}

/** The service of the member counts its simple work and knows how much it tracked; that of the leader, its tracked work. */
function plus(sum: Counters, endpoint: Endpoint, pool: string): Counters {
  const { num_requests, num_errors, data = {} } = endpoint
  const isSimple = endpoint.subject === pool
  const tracked = Math.max(sum.tracked, isSimple ? (data.tracked ?? 0) : num_requests)
  const simple = sum.done - sum.tracked + (isSimple ? num_requests : 0)
  const p50Ns = isSimple && data.p50_ms !== undefined ? data.p50_ms * NANOS_PER_MS : sum.p50Ns
  return {
    done: simple + tracked,
    tracked,
    failed: sum.failed + num_errors,
    busy: sum.busy + (data.busy ?? 0),
    ...(p50Ns === undefined ? {} : { p50Ns }),
  }
}
