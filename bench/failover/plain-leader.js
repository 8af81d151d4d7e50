/**
 * The barest change of leader that the plain client can do, as the floor under our own: one message to the next in line,
 * one compare-and-set, one answer. No lease, no checks, nothing that makes it safe. A process of its own, and not
 * TypeScript, so that it is as light as a process can be.
 *
 * Its parent sends `{ lead: revision }`, or `{ next: name }` to have it give up; it says `ready`, and `{ led: revision }`.
 */
import { Kvm } from "@nats-io/kv"
import { connect, headers } from "nats"

const [pool = "", name = "", url = ""] = process.argv.slice(2)
const connection = await connect({ servers: url, noAsyncTraces: true })
const kv = await new Kvm(connection).create(pool, { history: 1 })
let revision = 0
let subscription

connection.subscribe(`${pool}.heir.${name}`, { callback: (_, word) => lead(Number(word.string())) })
process.on("message", ({ lead: over, next }) => {
  if (next === undefined) return lead(over)
  subscription.unsubscribe()
  connection.publish(`${pool}.heir.${next}`, String(revision))
})
process.on("disconnect", () => process.exit())
await connection.flush()
process.send("ready")

async function lead(over) {
  const held = []
  let hear = (message) => held.push(message)
  subscription = connection.subscribe(`${pool}.leader`, { callback: (_, message) => hear(message) })
  revision = await kv.put("leader", name, { previousSeq: over })
  const hdrs = headers()
  hdrs.set("Pool-Term", String(revision))
  hdrs.set("Pool-Worker", name)
  hear = (message) => message.respond(undefined, { headers: hdrs })
  for (const message of held) hear(message)
  process.send({ led: revision })
}
