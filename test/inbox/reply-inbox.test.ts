import t from "tap"
import type { BusMessage } from "../../src/contracts/bus.js"
import { type Awaiting, ReplyInbox } from "../../src/inbox/reply-inbox.js"
import { settled } from "../fixtures/manual-clock.js"
import { parties } from "../fixtures/parties.js"

/** An inbox, somebody who keeps what he is asked on `kept`, and what those who wait were told, in order. */
function waiting() {
  const all = parties()
  const inbox = new ReplyInbox(all.asker, all.clock, () => {})
  const kept: BusMessage[] = []
  all.join().subscribe("kept", { callback: (_, message) => kept.push(message) })
  const told: string[] = []
  const send = (name: string, deadlineMs = 1000, subject = "kept"): Awaiting => {
    const who: Awaiting = {
      ...{ subject, deadlineMs, token: 0 },
      answered: ({ data }) => told.push(`${name}: ${new TextDecoder().decode(data)}`),
      failed: (error) => told.push(`${name}: ${(error as Error).name}`),
    }
    inbox.send(who, name, undefined)
    return who
  }
  return { ...all, inbox, kept, told, send }
}

t.test("each hears its own answer, whatever the order, and only the first", async (t) => {
  const { kept, told, send, clock, inbox } = waiting()
  for (const name of ["a", "b", "c"]) send(name)
  await settled()
  for (const n of [2, 0, 1]) kept[n]?.respond(`answer ${n}`)
  kept[0]?.respond("again")
  await settled()
  t.strictSame(told, ["c: answer 2", "a: answer 0", "b: answer 1"])
  t.strictSame([...inbox.awaiting], [])
  t.equal(clock.alarms, 0)
})

t.test(
  "one timer serves all deadlines, each is told at its own, and late answers go nowhere",
  async (t) => {
    const { clock, kept, told, send } = waiting()
    send("late", 300)
    send("early", 100)
    send("later", 300.5)
    send("answered", 200)
    t.equal(clock.alarms, 1)
    await settled()
    kept[3]?.respond("here")
    await clock.pass(99)
    t.strictSame(told, ["answered: here"])
    await clock.pass(1)
    t.strictSame(told.slice(1), ["early: TimeoutError"])
    await clock.pass(200)
    t.strictSame(told.slice(2), ["late: TimeoutError"])
    t.equal(clock.alarms, 1)
    await clock.pass(1)
    t.strictSame(told.slice(3), ["later: TimeoutError"])
    for (const message of kept) message.respond("too late")
    await settled()
    t.equal(told.length, 4)
    t.equal(clock.alarms, 0)
  },
)

t.test("where nobody listens that is said at once", async (t) => {
  const { clock, told, send } = waiting()
  send("a", 1000, "nobody")
  await settled()
  t.strictSame(told, ["a: NoResponders"])
  t.equal(clock.alarms, 0)
})

t.test("who is forgotten hears nothing, and once only that it waited", async (t) => {
  const { kept, told, send, inbox, clock } = waiting()
  const who = send("a")
  await settled()
  t.ok(inbox.forget(who))
  t.notOk(inbox.forget(who))
  kept[0]?.respond("here")
  inbox.failAll(() => new Error())
  await clock.pass(2000)
  t.strictSame(told, [])
})

t.test(
  "who was told that there is none, and asks again, waits for the new answer alone",
  async (t) => {
    const { kept, told, send, inbox } = waiting()
    const who = send("a")
    const { token } = who
    inbox.fail(token, ({ subject }) => Object.assign(new Error(), { name: `Lost on ${subject}` }))
    inbox.send(who, "again", undefined)
    inbox.fail(token, () => new Error("not meant"))
    await settled()
    kept[0]?.respond("first")
    await settled()
    t.strictSame(told, ["a: Lost on kept"])
    kept[1]?.respond("second")
    await settled()
    t.strictSame(told[1], "a: second")
  },
)

t.test("when the connection is closed there is no answer, and nothing can be sent", async (t) => {
  const { told, send, asker, clock } = waiting()
  send("a")
  await asker.close()
  await settled()
  t.strictSame(told, ["a: ClosedConnectionError"])
  t.throws(() => send("b"), { name: "ClosedConnectionError" })
  t.equal(clock.alarms, 0)
})
