import { jetstreamManager } from "@nats-io/jetstream"
import { connect, headers } from "nats"
import t, { type Test } from "tap"
import {
  isNoResponders,
  isNotPermitted,
  isTimeout,
  isWrongLastSequence,
} from "../../src/errors/nats-errors.js"
import { type Publication, Publisher } from "../../src/jetstream/publisher.js"
import { testServer } from "../fixtures/server.js"
import { PATIENCE_MS } from "../fixtures/until.js"

async function publisher(t: Test, config = "", as = {}) {
  const server = await testServer(t, { config })
  const connection = await connect({ servers: server.url, ...as })
  t.teardown(() => connection.close())
  const all = new Publisher(connection)
  const publish = (subject: string, more: Partial<Publication> = {}) =>
    all.publish({
      ...{ subject, data: Buffer.from("x"), headers: headers(), timeoutMs: PATIENCE_MS },
      ...more,
    })
  return { server, connection, publish }
}

t.test("a message is stored once by its id, with its headers, and over what it says", async (t) => {
  const { connection, publish } = await publisher(t)
  const { streams } = await jetstreamManager(connection)
  await streams.add({ name: "S", subjects: ["s.>"] })
  t.match(await publish("s.a", { id: "1" }), { seq: 1 })
  t.match(await publish("s.a", { id: "1" }), { seq: 1 })
  const hdrs = headers()
  hdrs.set("Mine", "yes")
  t.match(await publish("s.b", { headers: hdrs, id: "2", over: 0 }), { seq: 2 })
  const stored = await streams.getMessage("S", { seq: 2 })
  t.equal(stored?.header.get("Mine"), "yes")
  t.equal(stored?.header.get("Nats-Msg-Id"), "2")
  const refused = async (over: Publication["over"]) =>
    isWrongLastSequence(await publish("s.b", { over }).catch((error) => error))
  t.ok(await refused(0))
  t.ok(await refused({ place: 0, of: "s.*" }))
  t.match(await publish("s.b", { over: 2 }), { seq: 3 })
})

t.test("where no stream takes it, that is said at once", async (t) => {
  const { publish } = await publisher(t)
  t.ok(isNoResponders(await publish("nowhere").catch((error) => error)))
})

t.test("what may not be published is refused at once", async (t) => {
  const config = `authorization { users: [{ user: a, password: a, permissions: { publish: ["ok.>"] } }] }`
  const { publish } = await publisher(t, config, { user: "a", pass: "a" })
  t.ok(isNotPermitted(await publish("s.a").catch((error) => error)))
})

t.test("without an answer it fails at its own time", async (t) => {
  const { connection, publish } = await publisher(t)
  connection.subscribe("deaf")
  await connection.flush()
  t.ok(isTimeout(await publish("deaf", { timeoutMs: 1 }).catch((error) => error)))
})
