import { headers } from "nats"
import t from "tap"
import { MemoryBus, type MemoryBusOptions } from "../../src/backend/memory-bus.js"
import { isNoResponders, isTimeout } from "../../src/errors/errors.js"
import { HOSTILE } from "../fixtures/hostile.js"
import { ManualClock, settled } from "../fixtures/manual-clock.js"

/** A listener on "work" that notes what it hears, and one that speaks. */
function pair(options: Partial<MemoryBusOptions> = {}) {
  const clock = new ManualClock()
  const bus = new MemoryBus({ clock, ...options })
  const [speaker, listener] = [bus.connect("speaker"), bus.connect("listener")]
  const heard: string[] = []
  const subscription = listener.subscribe("work", {
    callback: (_, { data }) => heard.push(new TextDecoder().decode(data)),
  })
  return { clock, bus, speaker, listener, heard, subscription }
}

t.test("a message never arrives in the turn of its sender", async (t) => {
  const { speaker, heard } = pair()
  speaker.publish("work", "1")
  t.strictSame(heard, [])
  await settled()
  t.strictSame(heard, ["1"])
})

t.test("a message takes as long as it is told to", async (t) => {
  const { clock, speaker, heard } = pair({ deliver: () => 5 })
  speaker.publish("work", "1")
  await clock.pass(4)
  t.strictSame(heard, [])
  await clock.pass(1)
  t.strictSame(heard, ["1"])
})

t.test("a quick message doesn't overtake a slow one", async (t) => {
  const delays = [5, 0, 1]
  const { clock, speaker, heard } = pair({ deliver: () => delays.shift() ?? 0 })
  for (const text of ["1", "2", "3"]) speaker.publish("work", text)
  await clock.pass(4)
  t.strictSame(heard, [])
  t.equal(clock.alarms, 1)
  await clock.pass(1)
  t.strictSame(heard, ["1", "2", "3"])
})

t.test("a cut loses messages one way, and the sender isn't told", async (t) => {
  const { clock, speaker, heard } = pair({
    deliver: (from, to) => (from === "speaker" && to === "listener" ? "drop" : 0),
  })
  const error = speaker.request("work", "1", { timeout: 10 }).catch((error) => error)
  await clock.pass(10)
  t.ok(isTimeout(await error))
  t.notOk(isNoResponders(await error))
  t.strictSame(heard, [])
})

t.test("drain waits for what is on its way", async (t) => {
  const { clock, speaker, subscription, heard } = pair({ deliver: () => 5 })
  speaker.publish("work", "1")
  const drained = subscription.drain()
  speaker.publish("work", "2")
  await clock.pass(5)
  await drained
  t.strictSame(heard, ["1"])
})

t.test("a queue group is spread by the given random", async (t) => {
  const picks = [0, 0.5, 0.99]
  const bus = new MemoryBus({ clock: new ManualClock(), random: () => picks.shift() ?? 0 })
  const heard: string[] = []
  for (const name of ["a", "b", "c"]) {
    bus.connect(name).subscribe("work", { queue: "workers", callback: () => heard.push(name) })
  }
  const speaker = bus.connect()
  for (let i = 0; i < 3; i++) speaker.publish("work")
  await settled()
  t.strictSame(heard, ["a", "b", "c"])
})

t.test("closing ends subscriptions and requests, and leaves no timer", async (t) => {
  const { clock, speaker, listener, heard } = pair()
  const error = speaker.request("work", "1", { timeout: 60_000 }).catch((error) => error)
  await settled()
  await speaker.close()
  t.match(await error, { name: "RequestError", message: /closed/ })
  await listener.close()
  t.throws(() => listener.publish("work"), { name: "ClosedConnectionError" })
  t.strictSame(heard, ["1"])
  t.equal(clock.alarms, 0)
})

t.test("who sent a message may use its bytes and headers again at once", async (t) => {
  const { speaker, listener } = pair()
  const heard = new Promise<string>((resolve) =>
    listener.subscribe("again", {
      callback: (_, { data, headers }) =>
        resolve(`${new TextDecoder().decode(data)} ${headers?.get("Said")}`),
    }),
  )
  const data = new TextEncoder().encode("whole")
  const said = headers()
  said.set("Said", "this")
  speaker.publish("again", data, { headers: said })
  data.fill(0)
  said.set("Said", "something else")
  t.equal(await heard, "whole this")
})

t.test("a callback that throws is told of, and stops neither its lane nor a drain", async (t) => {
  for (const [name, made] of Object.entries(HOSTILE)) {
    const told: unknown[] = []
    const { speaker, listener, heard, subscription } = pair({ onThrown: (it) => told.push(it) })
    const failing = listener.subscribe("fails", {
      callback: () => {
        throw made()
      },
    })
    speaker.publish("fails", "1")
    speaker.publish("work", "2")
    const drained = failing.drain()
    await settled()
    speaker.publish("work", "3")
    await drained
    await subscription.drain()
    t.strictSame(heard, ["2", "3"], name)
    t.equal(told.length, 1, name)
  }
})

t.test("Node warns of what a callback threw, where nobody else is told", async (t) => {
  const warned = t.capture(process, "emitWarning", () => {})
  const { speaker, listener } = pair()
  listener.subscribe("fails", {
    callback: () => {
      throw new Error("mine")
    },
  })
  speaker.publish("fails")
  await settled()
  t.match(warned()[0]?.args, [/^Error: mine\n/, "PoolWarning"])
})

t.test("who asks and answers without end lets others have their turn", async (t) => {
  for (const how of ["to itself", "to another"] as const) {
    const { speaker, listener } = pair()
    let heard = 0
    let isOver = false
    const echo = how === "to itself" ? listener : speaker
    listener.subscribe("echo", {
      callback: () => {
        heard += 1
        if (!isOver && heard < 100_000) echo.publish("echo")
      },
    })
    speaker.publish("echo")
    await settled()
    isOver = true
    t.ok(heard < 100_000, `${how}: ${heard}`)
  }
})

t.test("a client in this process that asks without end lets others have their turn", async (t) => {
  const { speaker, listener } = pair()
  listener.subscribe("ask", { callback: (_, message) => message.respond("done") })
  let isOver = false
  setImmediate(() => {
    isOver = true
  })
  let asked = 0
  while (!isOver && asked < 100_000) {
    await speaker.request("ask", "", { timeout: 1000 })
    asked += 1
  }
  t.ok(asked < 100_000, `${asked}`)
})
