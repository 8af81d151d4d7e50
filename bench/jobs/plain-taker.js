/** A plain pull consumer takes jobs, and a plain subscription answers requests: see taker.js. */
import { jetstream } from "@nats-io/jetstream"
import { connect } from "nats"

export async function taking(took, servers, name, concurrency) {
  const connection = await connect({ servers, noAsyncTraces: true })
  const consumer = await jetstream(connection).consumers.get(name, name)
  const callback = (message) => {
    took()
    message.ack()
  }
  let messages
  connection.subscribe(`${name}.echo`, { callback: (_, message) => message.respond() })
  await connection.flush()
  return {
    async start() {
      messages ??= await consumer.consume({ max_messages: Number(concurrency), callback })
    },
    async stop() {
      await messages?.close()
      messages = undefined
      // What the server hands out to nobody would come back after half a minute.
      await connection.flush()
    },
  }
}
