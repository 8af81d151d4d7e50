import { connect, type NatsConnection } from "nats"
import t, { type Test } from "tap"
import { testServer } from "../fixtures/server.js"
import { Frames } from "./frames.js"
import { TcpProxy } from "./proxy.js"

async function proxied(t: Test) {
  const server = await testServer(t, { jetstream: false })
  const proxy = await TcpProxy.before(server.port)
  const near = await connect({
    servers: proxy.url,
    reconnectTimeWait: 10,
    maxReconnectAttempts: -1,
  })
  const far = await connect({ servers: server.url })
  t.teardown(async () => {
    proxy.heal()
    await near.close()
    await far.close()
    await proxy.close()
  })
  echo(far, "far")
  echo(near, "near")
  await Promise.all([far.flush(), near.flush()])
  const ask = (who: NatsConnection, subject: string, timeout = 5000) =>
    who.request(subject, "hello", { timeout }).then((message) => message.string())
  return { proxy, near, far, ask }
}

function echo(connection: NatsConnection, subject: string) {
  connection.subscribe(subject, {
    callback: (_error, message) => {
      message.respond(`${subject} heard ${message.string()}`)
    },
  })
}

t.test("the stream is cut into commands, however it comes in pieces", (t) => {
  const stream = Buffer.from("PING\r\nPUB a b 4\r\n\r\nxy\r\nHMSG c 1 d 2 5\r\n12345\r\nPONG\r\n")
  for (const size of [1, 3, 7, stream.length]) {
    const frames = new Frames()
    const found = Array.from({ length: Math.ceil(stream.length / size) }, (_, n) =>
      frames.push(stream.subarray(n * size, (n + 1) * size)),
    ).flat()
    t.strictSame(
      found.map(({ words }) => words.join(" ")),
      ["PING", "PUB a b 4", "HMSG c 1 d 2 5", "PONG"],
    )
    t.strictSame(Buffer.concat(found.map(({ bytes }) => bytes)), stream)
  }
  t.end()
})

t.test("what goes through unharmed is as it was, both ways", async (t) => {
  const { ask, near, far } = await proxied(t)
  t.equal(await ask(near, "far"), "far heard hello")
  t.equal(await ask(far, "near"), "near heard hello")
})

t.test("a cut ends connections and lets none in until it heals", async (t) => {
  const { proxy, near, ask } = await proxied(t)
  const statuses = near.status()[Symbol.asyncIterator]()
  proxy.cut()
  t.match(await statuses.next(), { value: { type: "disconnect" } })
  proxy.heal()
  for (let type = ""; type !== "reconnect"; type = (await statuses.next()).value?.type ?? "");
  t.equal(await ask(near, "far"), "far heard hello")
})

t.test("silence in one direction leaves the other one open, and all comes late", async (t) => {
  const { proxy, ask, near, far } = await proxied(t)
  const heard = new Promise<string>((resolve) => {
    far.subscribe("news", { callback: (_error, message) => resolve(message.string()) })
  })
  await far.flush()
  proxy.silence("in")
  let isAnswered = false
  const late = ask(near, "far").finally(() => {
    isAnswered = true
  })
  near.publish("news", "out is open")
  t.equal(await heard, "out is open")
  t.equal(await ask(far, "far"), "far heard hello")
  t.notOk(isAnswered)
  proxy.heal()
  t.equal(await late, "far heard hello")
})

t.test("a slow network delivers in order", async (t) => {
  const { proxy, near, ask } = await proxied(t)
  proxy.delay(30)
  const beganMs = performance.now()
  await Promise.all([ask(near, "far"), ask(near, "far")])
  t.ok(performance.now() - beganMs >= 55)
})

t.test("exactly one acknowledgement is lost, and what was asked is done", async (t) => {
  const { proxy, near, far, ask } = await proxied(t)
  let done = 0
  far.subscribe("count", {
    callback: (_error, message) => {
      done += 1
      message.respond("done")
    },
  })
  await far.flush()
  const lost = proxy.loseAcknowledgement(({ words }) => words[1] === "count")
  t.equal(await ask(near, "far"), "far heard hello", "another one is not meant")
  await t.rejects(ask(near, "count", 200), { name: "TimeoutError" })
  await lost
  t.equal(await ask(near, "count"), "done")
  t.equal(done, 2)
})
