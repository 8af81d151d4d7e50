import { getEventListeners } from "node:events"
import { headers } from "nats"
import t from "tap"
import type { MemoryBusOptions } from "../../src/backend/memory-bus.js"
import { PoolClient } from "../../src/client/client.js"
import type { BusMessage } from "../../src/contracts/bus.js"
import { encodeAnnouncement } from "../../src/protocol/claim.js"
import { namesOf } from "../../src/protocol/names.js"
import { Seal } from "../../src/protocol/reply.js"
import { TrackedWork } from "../../src/work/tracked-work.js"
import { claimOf } from "../fixtures/election.js"
import { settled } from "../fixtures/manual-clock.js"
import { type Parties, parties } from "../fixtures/parties.js"
import { TestReign } from "../fixtures/reign.js"

/** A client of pool "work" in memory, and how its request comes out. */
function asking(options: Partial<MemoryBusOptions> = {}, maxPayload?: number) {
  const all = parties(options)
  const { clock, asker } = all
  const client = new PoolClient({ bus: asker, clock, maxPayload, random: () => 0.5 })
  return { ...all, client }
}

/** Somebody who answers on `subject`, one answer after another; the last one is repeated. */
class Answerer {
  readonly heard: BusMessage[] = []

  constructor(all: Parties, subject: string, ...answers: ((message: BusMessage) => void)[]) {
    all.join().subscribe(subject, {
      callback: (_, message) => {
        const answer = answers[Math.min(this.heard.length, answers.length - 1)]
        this.heard.push(message)
        answer?.(message)
      },
    })
  }
}

const member = { id: "A1", name: "a" }
const seal = new Seal(member)
const ok = (text: string) => (message: BusMessage) => seal.answer(message, text)
const silent = () => {}
const refuses = (message: BusMessage) =>
  seal.refuse(message, { status: 409, reason: "because", outcome: "not-done" })
const inTerm = (all: Parties, term: number, text: string) => (message: BusMessage) =>
  new Seal(member, new TestReign(all.clock, term)).answer(message, text)

/** How a request came out, looked at without waiting. */
function watched<T>(asked: Promise<T>) {
  const seen: { answer?: T; error?: Error; isOpen: boolean } = { isOpen: true }
  asked.then(
    (answer) => Object.assign(seen, { answer, isOpen: false }),
    (error) => Object.assign(seen, { error, isOpen: false }),
  )
  return seen
}

t.test("an answer tells who gave it", async (t) => {
  const all = asking()
  new Answerer(all, "work", ok('{"n":10}'))
  const answer = await all.client.work("10")
  t.equal(answer.text(), '{"n":10}')
  t.strictSame(answer.json(), { n: 10 })
  t.strictSame(answer.data, new TextEncoder().encode('{"n":10}'))
  t.match(answer, { worker: "a", memberId: "A1", term: undefined, ms: 0 })
  t.equal(answer.headers?.get("Pool-Worker"), "a")
  t.equal(all.clock.alarms, 0)
})

t.test("an answer of somebody else is an answer too", async (t) => {
  const all = asking()
  new Answerer(all, "work", (message) => message.respond("plain"))
  const answer = await all.client.work()
  t.match(answer, { worker: "", memberId: "", term: undefined, headers: undefined })
  t.equal(answer.text(), "plain")
})

for (const ask of ["work", "leaderWork"] as const) {
  t.test(
    `${ask}: headers may be of NATS, of the web, or plain, and are copied at once`,
    async (t) => {
      const all = asking()
      const subject = ask === "work" ? "work" : "work.leader"
      const answerer = new Answerer(all, subject, (message) => seal.answer(message, ""))
      const ofNats = headers()
      ofNats.append("colour", "red")
      ofNats.append("colour", "blue")
      const ofWeb = new Headers({ colour: "red" })
      ofWeb.append("colour", "blue")
      const plain = { colour: "red, blue" }
      const asked = [ofNats, ofWeb, plain].map((given) => all.client[ask]("", { headers: given }))
      ofNats.set("colour", "spoilt")
      ofWeb.set("colour", "spoilt")
      plain.colour = "spoilt"
      await Promise.all(asked)
      t.strictSame(
        answerer.heard.map((message) => message.headers?.values("colour").join(", ")),
        ["red, blue", "red, blue", "red, blue"],
      )
    },
  )

  t.test(`${ask}: headers that can't be sent are refused, and nothing is`, async (t) => {
    const all = asking()
    const answerer = new Answerer(all, ask === "work" ? "work" : "work.leader")
    const form = new FormData()
    form.set("colour", "red")
    const given: unknown[] = [
      new URLSearchParams("colour=red"),
      form,
      new Map([["colour", "red"]]),
      [["colour", "red"]],
      { append: () => {} },
      { "": "red" },
      { "col our": "red" },
      { colour: "red\r\nTerm: 7" },
    ]
    for (const headers of given) {
      await t.rejects(all.client[ask]("", { headers } as never), {
        name: "BadInput",
        message: /^headers: expected /,
      })
    }
    t.strictSame(answerer.heard, [])
  })
}

t.test("payload and headers arrive as they were given", async (t) => {
  const all = asking()
  const answerer = new Answerer(all, "work", ok(""))
  const given: [unknown, string][] = [
    ["text", "text"],
    [undefined, ""],
    [new TextEncoder().encode("bytes"), "bytes"],
    [{ a: 1 }, '{"a":1}'],
    [10, "10"],
  ]
  for (const [payload, expected] of given) {
    await all.client.work(payload)
    t.equal(new TextDecoder().decode(answerer.heard.at(-1)?.data), expected)
  }
  await all.client.work("", { headers: { Colour: "red" } })
  t.equal(answerer.heard.at(-1)?.headers?.get("Colour"), "red")
  const hdrs = headers()
  hdrs.set("Colour", "blue")
  await all.client.work("", { headers: hdrs })
  t.equal(answerer.heard.at(-1)?.headers?.get("Colour"), "blue")
})

t.test("a payload above max_payload is not sent", async (t) => {
  const all = asking({}, 100)
  const answerer = new Answerer(all, "work", ok(""))
  await t.rejects(all.client.work("ü".repeat(51)), {
    name: "PayloadTooLarge",
    bytes: 102,
    maxBytes: 100,
  })
  t.equal(answerer.heard.length, 0)
  await all.client.work("ü".repeat(50))

  const unknown = asking({ maxPayload: 100 })
  await t.rejects(unknown.client.work("x".repeat(101)), {
    ...{ name: "PayloadTooLarge", bytes: 101 },
    message: /^payload of 101 bytes: more than the server takes; /,
  })
})

t.test("a payload that JSON can't hold is refused", async (t) => {
  await t.rejects(asking().client.work(10n), {
    name: "TypeError",
    message: /^the payload is nothing that JSON can hold: /,
  })
})

t.test("a timeout that no timer can hold is refused", async (t) => {
  for (const timeoutMs of [0, -1, Number.NaN, 2 ** 31]) {
    await t.rejects(asking().client.work("", { timeoutMs }), { name: "BadInput" })
  }
  t.throws(() => new PoolClient({ bus: asking().asker, pool: "a b" }), { name: "BadInput" })
})

t.test("a signal gives a request up, wherever it is", async (t) => {
  const places: Record<string, (all: Parties) => void> = {
    "waiting for an answer": (all) => new Answerer(all, "work", silent),
    "between two attempts": () => {},
  }
  for (const [place, prepare] of Object.entries(places)) {
    const all = asking()
    prepare(all)
    const controller = new AbortController()
    const { signal } = controller
    const seen = watched(all.client.work("", { signal }))
    await all.clock.pass(1)
    t.equal(getEventListeners(signal, "abort").length, 1)
    const reason = new Error("enough")
    controller.abort(reason)
    await settled()
    t.equal(seen.error, reason, place)
    t.equal(getEventListeners(signal, "abort").length, 0)
  }
  const all = asking()
  const answerer = new Answerer(all, "work", ok(""))
  await t.rejects(all.client.work("", { signal: AbortSignal.abort(new Error("before")) }), {
    message: "before",
  })
  t.equal(answerer.heard.length, 0)
  const controller = new AbortController()
  await all.client.work("", { signal: controller.signal })
  t.equal(getEventListeners(controller.signal, "abort").length, 0, "none is left after an answer")
})

t.test("a signal that is a timeout keeps its reason", async (t) => {
  const all = asking()
  new Answerer(all, "work", silent)
  const controller = new AbortController()
  const seen = watched(all.client.work("", { signal: controller.signal }))
  await settled()
  controller.abort(new DOMException("too long", "TimeoutError"))
  await settled()
  t.equal(seen.error?.message, "too long")
})

t.test("closing gives up what is in flight, and leaves nothing", async (t) => {
  const all = asking()
  new Answerer(all, "work", silent)
  const seen = [
    watched(all.client.work()),
    watched(all.client.leaderWork()),
    watched(all.client.leaderWork("", { idempotent: true })),
  ]
  await settled()
  await all.client.close()
  await settled()
  for (const { error } of seen) t.match(error, { name: "ClientClosed" })
  await t.rejects(all.client.work(), { name: "ClientClosed" })
  const error = await all.bus
    .connect()
    .request("work.claim", "", { timeout: 1000 })
    .catch((error) => error)
  t.match(error.cause, { name: "NoResponders" }, "it hears no announcements any more")
})

t.test("tracked work is answered by the leader, in its term", async (t) => {
  const all = asking()
  new Answerer(all, "work.leader", inTerm(all, 7, "done"))
  const answer = await all.client.leaderWork("10")
  t.match(answer, { worker: "a", memberId: "A1", term: 7 })
})

t.test("tracked work is asked about in questions that the server lets through", async (t) => {
  const all = asking({}, 100)
  new Answerer(all, "work.leader", inTerm(all, 7, ""), silent)
  await all.client.leaderWork()
  const handler = () => new Promise(() => {})
  const tracked = new TrackedWork({
    ...{ bus: all.join(), member, clock: all.clock, names: namesOf("work"), handler },
  })
  tracked.open()
  tracked.begin(new TestReign(all.clock, 9))
  const questions: number[] = []
  all.join().subscribe("work.held", {
    callback: (_, { data }) => questions.push(data.length),
  })
  const seen = Array.from({ length: 10 }, () => watched(all.client.leaderWork("10")))
  await settled()
  const claim = claimOf("A1")
  all.join().publish("work.claim", encodeAnnouncement({ claim, revision: 9 }))
  await all.clock.pass(500)
  t.strictSame(questions, [49, 49, 49, 49, 51])
  t.ok(seen.every(({ isOpen }) => isOpen))
  tracked.lapse()
})

t.test("tracked work needs one subscription for all requests, and keeps nothing", async (t) => {
  const all = asking()
  new Answerer(all, "work.leader", inTerm(all, 7, "done"))
  let subscriptions = 0
  const { subscribe } = all.asker
  all.asker.subscribe = (subject, options) => {
    if (subject === "work.claim") subscriptions++
    return subscribe.call(all.asker, subject, options)
  }
  const answers = await Promise.all(Array.from({ length: 256 }, () => all.client.leaderWork("10")))
  t.equal(answers.length, 256)
  t.equal(subscriptions, 1)
  t.equal(all.clock.alarms, 0)
})

t.test(
  "each attempt to reach a leader has an id, beside the headers that were given",
  async (t) => {
    const all = asking()
    const answerer = new Answerer(all, "work.leader", refuses, inTerm(all, 7, ""))
    const seen = watched(all.client.leaderWork("", { headers: { Colour: "blue" } }))
    await all.clock.pass(10)
    t.notOk(seen.isOpen)
    const ids = answerer.heard.map(({ headers }) => headers?.get("Pool-Request"))
    for (const id of ids) t.match(id, /^\w{22}-\d$/)
    t.equal(new Set(ids).size, 2)
    for (const { headers } of answerer.heard) t.equal(headers?.get("Colour"), "blue")
  },
)

for (const leader of [false, true]) {
  const subject = leader ? "work.leader" : "work"
  t.test(`map asks on ${subject} for each payload, and yields the answers in order`, async (t) => {
    const all = asking()
    const answerer = new Answerer(all, subject, (message) =>
      seal.answer(message, new TextDecoder().decode(message.data)),
    )
    const texts: string[] = []
    const payloads = Array.from({ length: 300 }, (_, n) => ({ n }))
    const options = { concurrency: 7, leader, headers: { Colour: "red" } }
    for await (const answer of all.client.map(payloads, options)) texts.push(answer.text())
    t.strictSame(
      texts,
      payloads.map((payload) => JSON.stringify(payload)),
    )
    t.ok(answerer.heard.every(({ headers }) => headers?.get("Colour") === "red"))
    t.equal(all.clock.alarms, 0)
  })
}

t.test("map gives up what is under way when one fails, or is not wanted any more", async (t) => {
  const all = asking()
  const fails = (message: BusMessage) => seal.refuse(message, { status: 400, reason: "bad" })
  new Answerer(all, "work", ok("1"), silent, silent, fails)
  const others = watched(all.client.leaderWork("", { timeoutMs: 60_000 }))
  const answers = all.client.map([1, 2, 3, 4], { concurrency: 4 })
  t.equal((await answers.next()).value?.text(), "1")
  await t.rejects(answers.next(), { name: "WorkFailed", status: 400 })
  t.ok(others.isOpen, "no other request")
  await all.client.close()

  const unwanted = asking()
  new Answerer(unwanted, "work", ok("1"), silent)
  for await (const answer of unwanted.client.map([1, 2, 3, 4])) {
    t.equal(answer.text(), "1")
    break
  }
  t.equal(unwanted.clock.alarms, 0)
})

t.test("map refuses what it can't use, at once", async (t) => {
  const { client } = asking()
  for (const payloads of ["text", 7, null, new Uint8Array(3), {}]) {
    t.throws(() => client.map(payloads as never), { name: "BadInput", message: /^payloads: / })
  }
  for (const options of [
    { concurrency: 0 },
    { concurrency: 1.5 },
    { parallel: 3 },
    { leader: 1 },
  ]) {
    t.throws(() => client.map([], options as never), { name: "BadInput" })
  }
  t.throws(() => client.map([], { timeoutMs: -1 }), { name: "BadInput" })
  await t.rejects(client.map([10n]).next(), { name: "TypeError" })
})
