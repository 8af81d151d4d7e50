import { connect, headers } from "nats"
import t, { type Test } from "tap"
import { MemoryBus } from "../../src/backend/memory-bus.js"
import { failureIn } from "../../src/client/answer.js"
import type { Bus, BusMessage } from "../../src/contracts/bus.js"
import { isNoResponders, isPayloadTooLarge, isTimeout } from "../../src/errors/errors.js"
import { listen } from "../../src/protocol/listening.js"
import { Seal } from "../../src/protocol/reply.js"
import { systemClock } from "../../src/time/system-clock.js"
import { testServer } from "../fixtures/server.js"

/** What a pool expects of a bus: of a NATS connection, and of the one in memory alike. */
const KINDS: Record<string, (t: Test) => Promise<() => Promise<Bus & { close(): Promise<void> }>>> =
  {
    "a NATS connection": async (t) => {
      const server = await testServer(t, { config: "max_payload: 4096" })
      return async () => {
        const connection = await connect({ servers: server.url, noAsyncTraces: true })
        t.teardown(() => connection.close())
        return connection
      }
    },
    "the bus in memory": async () => {
      const bus = new MemoryBus({ clock: systemClock, maxPayload: 4096 })
      return async () => bus.connect()
    },
  }

const text = (message: BusMessage) => new TextDecoder().decode(message.data)

for (const [kind, make] of Object.entries(KINDS)) {
  t.test(kind, async (t) => {
    const participant = await make(t)
    const a = await participant()
    const b = await participant()

    t.test("messages arrive in the order in which they were sent", async (t) => {
      const heard: string[] = []
      const subscription = b.subscribe("order", { callback: (_, m) => heard.push(text(m)) })
      await b.flush()
      for (let i = 0; i < 100; i++) a.publish("order", String(i))
      await a.flush()
      await subscription.drain()
      t.strictSame(
        heard,
        Array.from({ length: 100 }, (_, i) => String(i)),
      )
    })

    t.test("a request is answered, with headers both ways", async (t) => {
      const subscription = b.subscribe("ask", {
        callback: (_, message) => {
          const answer = headers()
          answer.set("Heard", message.headers?.get("Said") ?? "")
          t.ok(message.respond(`${text(message)}!`, { headers: answer }))
        },
      })
      await b.flush()
      const question = headers()
      question.set("Said", "this")
      const answer = await a.request("ask", "10", { timeout: 1000, headers: question })
      t.equal(text(answer), "10!")
      t.equal(answer.headers?.get("Heard"), "this")
      subscription.unsubscribe()
    })

    t.test("a message that asks for no answer can't be answered", async (t) => {
      const answered = new Promise<boolean>((resolve) => {
        const subscription = b.subscribe("tell", {
          callback: (_, message) => {
            subscription.unsubscribe()
            resolve(message.respond("?"))
          },
        })
      })
      await b.flush()
      a.publish("tell", "10")
      t.equal(await answered, false)
    })

    t.test("a request that nobody listens for fails at once, as not delivered", async (t) => {
      const error = await a.request("nobody", "", { timeout: 60_000 }).catch((error) => error)
      t.ok(isNoResponders(error))
      t.notOk(isTimeout(error))
    })

    t.test("who names where answers go is told there that nobody listens", async (t) => {
      const told = new Promise<BusMessage>((resolve) => {
        a.subscribe("answers.*", { callback: (_, message) => resolve(message) })
      })
      a.publish("nobody", "10", { reply: "answers.1" })
      const { subject, data, headers } = await told
      t.match(
        { subject, size: data.length, code: headers?.code },
        {
          subject: "answers.1",
          size: 0,
          code: 503,
        },
      )
    })

    t.test("a subscription says when it has ended, in whatever way", async (t) => {
      const c = await participant()
      const listening = () => c.subscribe("ending", { callback: () => {} })
      const [unsubscribed, drained, closed] = [listening(), listening(), listening()]
      await c.flush()
      unsubscribed.unsubscribe()
      await unsubscribed.closed
      await drained.drain()
      await drained.closed
      let isOpen = true
      closed.closed?.then(() => {
        isOpen = false
      })
      await c.flush()
      t.ok(isOpen)
      await c.close()
      await closed.closed
    })

    t.test("a request that nobody answers times out", async (t) => {
      const subscription = b.subscribe("silent", { callback: () => {} })
      await b.flush()
      const error = await a.request("silent", "", { timeout: 10 }).catch((error) => error)
      t.ok(isTimeout(error))
      t.notOk(isNoResponders(error))
      subscription.unsubscribe()
    })

    t.test("one of a queue group gets a message, and everybody who listens alone", async (t) => {
      const heard: string[] = []
      const listen = (bus: Bus, who: string, queue?: string) =>
        bus.subscribe("spread", { ...(queue && { queue }), callback: () => heard.push(who) })
      const subscriptions = [
        listen(a, "x", "one"),
        listen(b, "x", "one"),
        listen(b, "y", "other"),
        listen(a, "alone"),
        listen(b, "alone"),
      ]
      await Promise.all([a.flush(), b.flush()])
      for (let i = 0; i < 20; i++) a.publish("spread")
      await a.flush()
      await Promise.all(subscriptions.map((subscription) => subscription.drain()))
      const count = (who: string) => heard.filter((it) => it === who).length
      t.strictSame([count("x"), count("y"), count("alone")], [20, 20, 40])
    })

    t.test("patterns match one part, or the rest", async (t) => {
      const heard: string[] = []
      const subscriptions = ["p.*", "p.*.c", "p.>", "p"].map((pattern) =>
        b.subscribe(pattern, { callback: (_, { subject }) => heard.push(`${pattern} ${subject}`) }),
      )
      await b.flush()
      for (const subject of ["p", "p.b", "p.b.c", "p.b.d.c"]) a.publish(subject)
      await a.flush()
      await Promise.all(subscriptions.map((subscription) => subscription.drain()))
      t.strictSame(heard.toSorted(), [
        "p p",
        "p.* p.b",
        "p.*.c p.b.c",
        "p.> p.b",
        "p.> p.b.c",
        "p.> p.b.d.c",
      ])
    })

    t.test("after drain nothing more comes, and nothing was lost", async (t) => {
      let heard = 0
      const subscription = b.subscribe("drained", { queue: "q", callback: () => heard++ })
      await b.flush()
      for (let i = 0; i < 50; i++) a.publish("drained")
      await a.flush()
      await subscription.drain()
      t.equal(heard, 50)
      const error = await a.request("drained", "", { timeout: 1000 }).catch((error) => error)
      t.ok(isNoResponders(error))
      t.equal(heard, 50)
    })

    t.test(
      "who drains in a callback, and once more meanwhile, is told when it is over",
      async (t) => {
        let heard = 0
        let drained: Promise<void> | undefined
        const begun = new Promise<void>((resolve) => {
          const subscription = b.subscribe("draining", {
            callback: () => {
              heard += 1
              drained ??= subscription.drain()
              // NATS refuses the second time.
              subscription.drain().catch(() => {})
              resolve()
            },
          })
        })
        await b.flush()
        for (let i = 0; i < 5; i++) a.publish("draining")
        await begun
        await drained
        t.equal(heard, 5)
      },
    )

    t.test("what is above max_payload is refused, by sender and by responder", async (t) => {
      const tooLarge = new Uint8Array(4097)
      t.ok(isPayloadTooLarge(await a.request("big", tooLarge).catch((error) => error)))
      const refused = new Promise((resolve) => {
        const subscription = b.subscribe("big", {
          callback: (_, message) => {
            subscription.unsubscribe()
            try {
              message.respond(tooLarge)
              resolve(undefined)
            } catch (error) {
              message.respond("sorry")
              resolve(error)
            }
          },
        })
      })
      await b.flush()
      t.equal(text(await a.request("big", "", { timeout: 1000 })), "sorry")
      t.ok(isPayloadTooLarge(await refused))
    })

    t.test(
      "bytes and headers are shared with nobody: not with who sent or heard them",
      async (t) => {
        const heard: string[] = []
        const spoil = (_: Error | null, { data, headers: hdrs }: BusMessage) => {
          heard.push(
            `${new TextDecoder().decode(data)} ${hdrs?.get("Said")} ${hdrs?.values("Two")}`,
          )
          data.fill(0)
          hdrs?.set("Said", "spoilt")
        }
        const subscriptions = [a, b, b].map((bus) => bus.subscribe("bytes", { callback: spoil }))
        await Promise.all([a.flush(), b.flush()])
        const data = new TextEncoder().encode("whole")
        const said = headers()
        said.set("Said", "this")
        for (const value of ["1", "2"]) said.append("Two", value)
        a.publish("bytes", data.subarray(1, 3), { headers: said })
        await a.flush()
        await Promise.all(subscriptions.map((subscription) => subscription.drain()))
        t.strictSame(heard, ["ho this 1,2", "ho this 1,2", "ho this 1,2"])
        t.strictSame([new TextDecoder().decode(data), said.get("Said")], ["whole", "this"])
      },
    )

    t.test("what is thrown where a pool listens keeps nothing from what follows", async (t) => {
      const problems: string[] = []
      const heard: string[] = []
      const seal = new Seal({ id: "M", name: "m" })
      const options = { seal, onProblem: ({ message }: Error) => problems.push(message) }
      const fails = (message: BusMessage) => {
        throw Object.assign(new Error(), { message: [`at ${text(message)}`] })
      }
      const subscriptions = [
        listen(b, "fails", fails, options),
        listen(b, "works", (message) => heard.push(text(message))),
      ]
      await b.flush()
      a.publish("fails", "1")
      a.publish("works", "2")
      const answer = await a.request("fails", "3", { timeout: 60_000 })
      t.match(failureIn(answer), { error: { status: 500, reason: "at 3" }, outcome: "unknown" })
      a.publish("works", "4")
      await a.flush()
      await Promise.all(subscriptions.map((subscription) => subscription.drain()))
      t.strictSame(problems.length, 2)
      t.strictSame(heard, ["2", "4"])
    })
  })
}
