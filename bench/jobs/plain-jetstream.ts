/** What the plain client can do: a work queue whose messages have an id, one pull consumer, and for a round trip a request. */
import {
  AckPolicy,
  jetstream,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
} from "@nats-io/jetstream"
import { connect, nuid } from "nats"
import { type JobSystem, PAYLOAD } from "./system.js"
import { AT_ONCE, Takers } from "./takers.js"

const NAME = "bench-plain-jobs"
const TIMEOUT = { timeout: 10_000 }

export async function plainJetStream(servers: string): Promise<JobSystem> {
  const connection = await connect({ servers, noAsyncTraces: true })
  const manager = await jetstreamManager(connection)
  const subject = `${NAME}.jobs`
  await manager.streams.add({
    ...{ name: NAME, subjects: [subject] },
    ...{ retention: RetentionPolicy.Workqueue, storage: StorageType.File, num_replicas: 1 },
  })
  await manager.consumers.add(NAME, {
    ...{ durable_name: NAME, ack_policy: AckPolicy.Explicit, max_ack_pending: -1 },
  })
  const takers = await Takers.start("./taker.js", "plain-taker.js", servers, NAME, String(AT_ONCE))
  const client = jetstream(connection)
  return {
    what: "plain JetStream",
    takers,
    enqueue: () => client.publish(subject, PAYLOAD, { msgID: nuid.next() }),
    roundTrip: () => connection.request(`${NAME}.echo`, PAYLOAD, TIMEOUT),
    async close() {
      await takers.close()
      await connection.close()
    },
  }
}
