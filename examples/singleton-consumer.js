/**
 * A stream that one program reads at a time, in order, with others standing by. Who takes over goes on after the last
 * message that was acknowledged.
 *
 *   node examples/singleton-consumer.js
 *   nats pub orders.new '{"item":"tea"}'
 */
import { jetstream, jetstreamManager } from "@nats-io/jetstream"
import { connectToNats, joinPool } from "service-pool-leader"

const connection = await connectToNats()
const manager = await jetstreamManager(connection)
await manager.streams.add({ name: "ORDERS", subjects: ["orders.>"] })
await manager.consumers.add("ORDERS", {
  durable_name: "books",
  ack_policy: "explicit",
  max_ack_pending: 1,
})

const worker = await joinPool({ pool: "books", connection, lead })
process.once("SIGTERM", leave).once("SIGINT", leave)

async function lead({ term, signal }) {
  const consumer = await jetstream(connection).consumers.get("ORDERS", "books")
  const messages = await consumer.consume({ max_messages: 1 })
  signal.addEventListener("abort", () => messages.stop())
  for await (const message of messages) {
    // What was delivered as the reign ended is left to the next leader.
    if (signal.aborted) return
    console.log(`${worker.name} in term ${term} books ${message.subject} ${message.seq}`)
    await message.ackAck()
  }
}

async function leave() {
  await worker.leave()
  await connection.close()
}
