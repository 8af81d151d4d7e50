/** Counters of all members, from the statistics that every NATS service gives (ADR-32). */

import type { Bus } from "../contracts/bus.js"
import { unawaited } from "../contracts/unawaited.js"
import { newInbox } from "../inbox/reply-inbox.js"
import { listen } from "../protocol/listening.js"
import type { Cancel, Clock } from "../time/clock.js"
import type { Counters } from "./world/source.js"

const ASK_EVERY_MS = 500
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

/** Tells what members say, twice a second where any is there, until what it returns is called. */
export function followStatistics(
  bus: Bus,
  clock: Clock,
  pool: string,
  told: (counters: Counted) => void,
): () => void {
  let cancel: Cancel = () => {}
  const next = () => {
    cancel = clock.after(ASK_EVERY_MS, () => {
      next()
      const answered = (counters: Counted) => counters.size > 0 && told(counters)
      // What fails because the connection is away is told by the connection's own events.
      unawaited(askStatistics(bus, clock, pool).then(answered, () => {}))
    })
  }
  next()
  return () => cancel()
}

/** Asks all members of `pool`; resolves with what came in time, by member id. */
export function askStatistics(bus: Bus, clock: Clock, pool: string): Promise<Counted> {
  return new Promise((resolve) => {
    const counters = new Map<string, Counters>()
    const inbox = newInbox(bus)
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
    const subscription = listen(bus, inbox, take)
    for (const service of [pool, `${pool}-leader`]) {
      bus.publish(`$SRV.STATS.${service}`, "", { reply: inbox })
    }
    clock.after(PATIENCE_MS, () => {
      subscription.unsubscribe()
      resolve(counters)
    })
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
