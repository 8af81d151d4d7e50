import { getEventListeners } from "node:events"
import { connect, headers } from "nats"
import t from "tap"
import type { BusMessage } from "../src/bus.js"
import { type Claim, encodeAnnouncement } from "../src/claim.js"
import { type AskOptions, PoolClient } from "../src/client.js"
import type { Job } from "../src/job.js"
import type { MemoryBusOptions } from "../src/memory-bus.js"
import type { MemoryConnection } from "../src/memory-connection.js"
import { namesOf } from "../src/names.js"
import { type Outcome, Seal } from "../src/reply.js"
import { TrackedWork } from "../src/tracked-work.js"
import { Events } from "./fixtures/events.js"
import { settled } from "./fixtures/manual-clock.js"
import { type Parties, parties } from "./fixtures/parties.js"
import { testPool } from "./fixtures/pool.js"
import { TestReign } from "./fixtures/reign.js"
import { testServer } from "./fixtures/server.js"

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
  readonly #bus: MemoryConnection

  constructor(all: Parties, subject: string, ...answers: ((message: BusMessage) => void)[]) {
    this.#bus = all.join()
    const subscription = this.#bus.subscribe(subject, {
      callback: (_, message) => {
        const answer = answers[Math.min(this.heard.length, answers.length - 1)]
        this.heard.push(message)
        answer?.(message)
      },
    })
    this.leave = () => subscription.unsubscribe()
  }

  readonly leave: () => void
}

const member = { id: "A1", name: "a" }
const seal = new Seal(member)
const ok = (text: string) => (message: BusMessage) => seal.answer(message, text)
const silent = () => {}
const fails = (status: number, outcome?: Outcome) => (message: BusMessage) =>
  seal.refuse(message, { status, reason: "because", ...(outcome && { outcome }) })
const inTerm = (all: Parties, term: number, text: string) => (message: BusMessage) =>
  new Seal(member, new TestReign(all.clock, term)).answer(message, text)

/** A member that leads in `term`, and answers what it is asked. */
function leading(all: Parties, term: number, handler: () => unknown = () => "done"): TrackedWork {
  const { clock } = all
  const tracked = new TrackedWork({
    ...{ bus: all.join(), member, clock, names: namesOf("work"), handler },
  })
  tracked.open()
  tracked.begin(new TestReign(clock, term))
  return tracked
}

/** Announces a write of the claim: the first of a reign, or a renewal if `term` is given. */
function announce(all: Parties, revision: number, term?: number, nonce = "n"): void {
  const claim: Claim = {
    ...{ key: "1.a", id: "A1", name: "a", nonce, lease: 2000, since: "", heirs: [] },
    ...{ strategy: "oldest", reason: "" },
    ...(term !== undefined && { term }),
  }
  all.join().publish("work.claim", encodeAnnouncement({ claim, revision }))
}

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

t.test("a failure that a worker answers is thrown, and not repeated", async (t) => {
  for (const answer of [fails(400), fails(429), fails(500), fails(500, "unknown")]) {
    const all = asking()
    const answerer = new Answerer(all, "work", answer)
    await t.rejects(all.client.work(), { name: "WorkFailed", reason: "because", worker: "a" })
    t.equal(answerer.heard.length, 1)
  }
})

t.test("a failure of unknown outcome is repeated if that does no harm", async (t) => {
  const all = asking()
  const answerer = new Answerer(all, "work", fails(500, "unknown"), ok("done"))
  const seen = watched(all.client.work("", { idempotent: true }))
  await all.clock.pass(10)
  t.equal(seen.answer?.text(), "done")
  t.equal(answerer.heard.length, 2)
})

t.test("a handler that was too slow is not asked again", async (t) => {
  const all = asking()
  const answerer = new Answerer(all, "work", fails(504, "unknown"))
  await t.rejects(all.client.work("", { idempotent: true }), { name: "WorkFailed", status: 504 })
  t.equal(answerer.heard.length, 1)
})

t.test("when all are full it asks again, until there is room", async (t) => {
  const all = asking()
  const full = fails(429, "not-done")
  const answerer = new Answerer(all, "work", full, full, full, ok("done"))
  const seen = watched(all.client.work())
  await all.clock.pass(50)
  t.equal(seen.answer?.text(), "done")
  t.equal(seen.answer?.ms, 28, "pauses of 4, 8 and 16 ms")
  t.equal(answerer.heard.length, 4)
})

t.test("when all stay full the last refusal is thrown", async (t) => {
  const all = asking()
  new Answerer(all, "work", fails(429, "not-done"))
  const seen = watched(all.client.work("", { timeoutMs: 1000 }))
  await all.clock.pass(999)
  t.ok(seen.isOpen)
  await all.clock.pass(1)
  t.match(seen.error, { name: "WorkFailed", status: 429 })
  t.equal(all.clock.alarms, 0)
})

t.test("a pool without members is waited for", async (t) => {
  const all = asking()
  const seen = watched(all.client.work("", { timeoutMs: 1000 }))
  await all.clock.pass(500)
  t.ok(seen.isOpen)
  new Answerer(all, "work", ok("done"))
  await all.clock.pass(100)
  t.equal(seen.answer?.text(), "done")

  const inVain = watched(asking().client.work("", { timeoutMs: 1000 }))
  await settled()
  t.ok(inVain.isOpen)
})

t.test("nobody comes: NoWorkers, at the timeout", async (t) => {
  const all = asking()
  const seen = watched(all.client.work("", { timeoutMs: 1000 }))
  await all.clock.pass(1000)
  t.match(seen.error, { name: "NoWorkers", code: "no-workers", pool: "work" })
})

t.test("who doesn't want to wait for members learns at once that there are none", async (t) => {
  for (const ask of ["work", "leaderWork"] as const) {
    const all = asking()
    const seen = watched(all.client[ask]("", { waitForWorkers: false }))
    await settled()
    t.match(seen.error, { name: "NoWorkers" }, ask)
    t.equal(all.clock.alarms, 0)
  }
})

t.test(
  "members that are there but full, or without a leader, are waited for all the same",
  async (t) => {
    for (const [ask, subject] of [
      ["work", "work"],
      ["leaderWork", "work.leader"],
    ] as const) {
      const all = asking()
      const discovery = new Answerer(all, "$SRV.PING.work", ok("{}"))
      const seen = watched(all.client[ask]("", { waitForWorkers: false }))
      await all.clock.pass(100)
      t.ok(seen.isOpen, ask)
      t.equal(discovery.heard.length, 1, "asked once")
      new Answerer(all, subject, ok("done"))
      await all.clock.pass(100)
      t.equal(seen.answer?.text(), "done")
    }
  },
)

t.test("no answer is a timeout, and what may have been done is not repeated", async (t) => {
  for (const idempotent of [false, true]) {
    const all = asking()
    const answerer = new Answerer(all, "work", silent)
    const seen = watched(all.client.work("", { timeoutMs: 1000, idempotent }))
    await all.clock.pass(999)
    t.ok(seen.isOpen)
    await all.clock.pass(1)
    t.match(seen.error, { name: "RequestTimeout", subject: "work", timeoutMs: 1000 })
    t.equal(answerer.heard.length, 1)
    t.equal(all.clock.alarms, 0)
  }
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
  await t.rejects(unknown.client.work("x".repeat(101)), { name: "PayloadTooLarge", bytes: 101 })
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
  const claims = new Answerer(all, "work.claim", silent)
  claims.leave()
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

t.test("tracked work", async (t) => {
  const ask = (all: ReturnType<typeof asking>, options?: AskOptions) =>
    watched(all.client.leaderWork("10", options))

  /** Asks a leader of term 7, which keeps the request: it is the second that it has heard. */
  const askInReign = async (all: ReturnType<typeof asking>, options?: AskOptions) => {
    const old = new Answerer(all, "work.leader", inTerm(all, 7, ""), silent)
    await all.client.leaderWork()
    const seen = ask(all, options)
    await settled()
    return { seen, old, kept: old.heard[1] as BusMessage }
  }

  /** A request that met nobody, and then somebody who listens as an heir does before its claim is acknowledged. */
  const askInVacancy = async (all: ReturnType<typeof asking>, options?: AskOptions) => {
    const seen = ask(all, options)
    await settled()
    const claimant = new Answerer(all, "work.leader", silent)
    await all.clock.pass(10)
    return { seen, claimant }
  }

  t.test("is answered by the leader, in its term", async (t) => {
    const all = asking()
    new Answerer(all, "work.leader", inTerm(all, 7, "done"))
    const answer = await all.client.leaderWork("10")
    t.match(answer, { worker: "a", memberId: "A1", term: 7 })
  })

  t.test("waits until somebody leads, and asks at once when that is announced", async (t) => {
    const all = asking()
    const seen = ask(all)
    await all.clock.pass(1000)
    t.ok(seen.isOpen)
    const answerer = new Answerer(all, "work.leader", inTerm(all, 7, "done"))
    t.equal(answerer.heard.length, 0)
    announce(all, 7)
    await settled()
    t.equal(seen.answer?.text(), "done")
    t.equal(all.clock.alarms, 0)
  })

  t.test("asks at once, too, when it hears that somebody has led all the time", async (t) => {
    const all = asking()
    const seen = ask(all)
    await all.clock.pass(1000)
    const answerer = new Answerer(all, "work.leader", inTerm(all, 7, "done"))
    announce(all, 12, 7)
    await settled()
    t.equal(seen.answer?.text(), "done")
    t.equal(answerer.heard.length, 1)
  })

  t.test("fails when nobody leads until the timeout", async (t) => {
    const all = asking()
    const seen = ask(all, { timeoutMs: 1000 })
    await all.clock.pass(1000)
    t.match(seen.error, { name: "NoLeader", pool: "work", waitedMs: 1000 })
    t.equal(all.clock.alarms, 0)
  })

  t.test("that a leaving leader refuses is asked again", async (t) => {
    const all = asking()
    const notDone = fails(409, "not-done")
    const answerer = new Answerer(all, "work.leader", notDone, inTerm(all, 7, "done"))
    const seen = ask(all)
    await all.clock.pass(10)
    t.equal(seen.answer?.text(), "done")
    t.equal(answerer.heard.length, 2)
  })

  t.test("of unknown outcome is not asked again, unless that does no harm", async (t) => {
    const all = asking()
    const unknown = fails(409, "unknown")
    const answerer = new Answerer(all, "work.leader", unknown, inTerm(all, 7, "done"))
    const seen = ask(all)
    await all.clock.pass(100)
    t.match(seen.error, { name: "LeaderChanged", cause: { name: "WorkFailed", status: 409 } })
    t.equal(answerer.heard.length, 1)

    const again = asking()
    const other = new Answerer(again, "work.leader", unknown, inTerm(again, 7, "done"))
    const seenAgain = ask(again, { idempotent: true })
    await again.clock.pass(100)
    t.equal(seenAgain.answer?.text(), "done")
    t.equal(other.heard.length, 2)
  })

  t.test("that is with the old leader when a new one is announced is given up", async (t) => {
    const all = asking()
    const { seen, old } = await askInReign(all)
    announce(all, 9)
    await all.clock.pass(19)
    t.ok(seen.isOpen, "an answer may be under way")
    await all.clock.pass(1)
    t.match(seen.error, { name: "LeaderChanged", term: 9 })
    t.equal(old.heard.length, 2)
  })

  t.test("whose answer was under way when a new leader was announced succeeds", async (t) => {
    const all = asking()
    const { seen, kept } = await askInReign(all)
    announce(all, 9)
    await all.clock.pass(19)
    inTerm(all, 7, "just in time")(kept)
    await settled()
    t.equal(seen.answer?.text(), "just in time")
    await all.clock.pass(100)
    t.equal(all.clock.alarms, 0)
  })

  t.test("refuses an answer of the last leader after one of the new leader", async (t) => {
    const all = asking()
    const { seen, old, kept } = await askInReign(all)
    old.leave()
    new Answerer(all, "work.leader", inTerm(all, 9, "new"))
    announce(all, 9)
    t.equal((await all.client.leaderWork()).term, 9)
    inTerm(all, 7, "late")(kept)
    await settled()
    t.match(seen.error, { name: "LeaderChanged", term: 9 })
  })

  t.test("that reached the new leader before its reign was announced stays with it", async (t) => {
    const all = asking()
    const old = new Answerer(all, "work.leader", inTerm(all, 7, ""))
    await all.client.leaderWork()
    old.leave()
    const finish: (() => void)[] = []
    const work = () => new Promise((resolve) => finish.push(() => resolve("slow")))
    const tracked = leading(all, 9, work)
    const seen = ask(all)
    await settled()
    announce(all, 9)
    await all.clock.pass(500)
    t.ok(seen.isOpen)
    finish[0]?.()
    await settled()
    t.equal(seen.answer?.text(), "slow")
    // Another reign makes it doubtful again.
    const next = ask(all)
    await settled()
    tracked.lapse()
    leading(all, 12)
    announce(all, 12)
    await all.clock.pass(20)
    t.match(next.error, { name: "LeaderChanged" })
  })

  t.test("is given up, too, when what leads doesn't say which it has", async (t) => {
    const all = asking()
    new Answerer(all, "work.held", ok(""))
    const { seen } = await askInReign(all)
    announce(all, 9)
    await all.clock.pass(20)
    t.match(seen.error, { name: "LeaderChanged", term: 9 })
  })

  t.test("isn't given up for a leader that was followed before it said so", async (t) => {
    const all = asking()
    const { seen } = await askInReign(all)
    const late = (message: BusMessage) => all.clock.after(50, () => inTerm(all, 9, "")(message))
    const has = (message: BusMessage) =>
      inTerm(all, 12, new TextDecoder().decode(message.data))(message)
    new Answerer(all, "work.held", late, has)
    announce(all, 9)
    await all.clock.pass(30)
    announce(all, 12)
    await all.clock.pass(100)
    t.ok(seen.isOpen)
  })

  t.test("is asked about in questions that the server lets through", async (t) => {
    const all = asking({}, 100)
    new Answerer(all, "work.leader", inTerm(all, 7, ""), silent)
    await all.client.leaderWork()
    const tracked = leading(all, 9, () => new Promise(() => {}))
    const questions: number[] = []
    all.join().subscribe("work.held", {
      callback: (_, { data }) => questions.push(data.length),
    })
    const seen = Array.from({ length: 10 }, () => ask(all))
    await settled()
    announce(all, 9)
    await all.clock.pass(500)
    t.strictSame(questions, [91, 91, 45])
    t.ok(seen.every(({ isOpen }) => isOpen))
    tracked.lapse()
  })

  t.test("that met nobody just before a reign was announced says nothing about it", async (t) => {
    const all = asking()
    const old = new Answerer(all, "work.leader", inTerm(all, 7, ""))
    await all.client.leaderWork()
    old.leave()
    const seen = ask(all)
    announce(all, 9)
    const tracked = leading(all, 9, () => new Promise(() => {}))
    await settled()
    t.equal(tracked.tally.busy, 1, "it was asked again at once")
    const next = ask(all)
    await settled()
    announce(all, 12)
    await all.clock.pass(20)
    for (const { error } of [seen, next]) {
      t.match(error, { name: "LeaderChanged", term: 12 }, "it was with the leader of 9")
    }
    tracked.lapse()
  })

  t.test("goes to the new leader when it does no harm twice", async (t) => {
    const all = asking()
    const { seen, old } = await askInReign(all, { idempotent: true })
    old.leave()
    new Answerer(all, "work.leader", inTerm(all, 9, "by the new one"))
    announce(all, 9)
    await all.clock.pass(30)
    t.equal(seen.answer?.text(), "by the new one")
    t.equal(seen.answer?.term, 9)
  })

  t.test("isn't troubled by renewals, of a reign known or unknown", async (t) => {
    const all = asking()
    const heard: BusMessage[] = []
    new Answerer(all, "work.leader", (message) => heard.push(message))
    const seen = ask(all, { timeoutMs: 10_000 })
    await settled()
    for (const revision of [12, 15, 20]) {
      announce(all, revision, 7)
      await all.clock.pass(500)
    }
    t.ok(seen.isOpen)
    inTerm(all, 7, "slow")(heard[0] as BusMessage)
    await settled()
    t.equal(seen.answer?.text(), "slow")
  })

  t.test("isn't troubled by announcements that are none, or old", async (t) => {
    const all = asking()
    const { seen } = await askInReign(all)
    all.join().publish("work.claim", "what?")
    all.join().publish("work.claim", "{}")
    announce(all, 5)
    announce(all, 9, 7)
    await all.clock.pass(100)
    t.ok(seen.isOpen)
  })

  t.test("goes on after the bucket was wiped, though its terms begin anew", async (t) => {
    const all = asking()
    const old = new Answerer(all, "work.leader", inTerm(all, 40, "old"), silent)
    await all.client.leaderWork()
    announce(all, 44, 40, "old")
    const seen = ask(all)
    await settled()
    announce(all, 3, undefined, "new")
    announce(all, 46, 40, "old")
    announce(all, 3, undefined, "new")
    announce(all, 3, undefined, "new")
    await all.clock.pass(100)
    t.ok(seen.isOpen, "what is heard once is history")
    announce(all, 5, 3, "new")
    await all.clock.pass(20)
    t.match(seen.error, { name: "LeaderChanged", term: 3 })
    old.leave()
    new Answerer(all, "work.leader", inTerm(all, 3, "new"))
    t.equal((await all.client.leaderWork()).text(), "new")
  })

  t.test(
    "knows a reign from another one of the same term in a bucket that was wiped",
    async (t) => {
      const all = asking()
      new Answerer(all, "work.leader", inTerm(all, 4, "old"), silent)
      await all.client.leaderWork()
      announce(all, 6, 4, "old")
      const seen = ask(all)
      await settled()
      announce(all, 4, undefined, "new")
      announce(all, 5, 4, "new")
      await all.clock.pass(20)
      t.match(seen.error, { name: "LeaderChanged", term: 4 })
    },
  )

  t.test("known by answers alone is told from another reign of the same term", async (t) => {
    const all = asking()
    new Answerer(all, "work.leader", inTerm(all, 4, "old"), silent)
    await all.client.leaderWork()
    const seen = ask(all)
    await settled()
    announce(all, 4, undefined, "new")
    await all.clock.pass(20)
    t.match(seen.error, { name: "LeaderChanged", term: 4 })
  })

  t.test("that met nobody is not left to a short reign in a bucket that was wiped", async (t) => {
    const all = asking()
    const old = new Answerer(all, "work.leader", inTerm(all, 40, ""))
    await all.client.leaderWork()
    announce(all, 44, 40, "old")
    old.leave()
    const { seen, claimant: short } = await askInVacancy(all)
    announce(all, 3, undefined, "short")
    await all.clock.pass(100)
    t.ok(seen.isOpen)
    short.leave()
    leading(all, 50)
    announce(all, 50, undefined, "next")
    await all.clock.pass(20)
    t.match(seen.error, { name: "LeaderChanged", term: 50 })
  })

  t.test("that is asked again is not given up for its first attempt", async (t) => {
    const all = asking()
    const { seen, old, kept } = await askInReign(all)
    old.leave()
    const tracked = leading(all, 9, () => new Promise(() => {}))
    announce(all, 9)
    await settled()
    fails(409, "not-done")(kept)
    await all.clock.pass(500)
    t.equal(tracked.tally.busy, 1)
    t.ok(seen.isOpen)
    tracked.lapse()
  })

  t.test("that waits to be asked again is not given up for its last attempt", async (t) => {
    const all = asking()
    new Answerer(all, "work.held", inTerm(all, 9, ""))
    const { seen, claimant } = await askInVacancy(all)
    announce(all, 9)
    await all.clock.pass(19)
    fails(409, "not-done")(claimant.heard[0] as BusMessage)
    await all.clock.pass(1)
    t.equal(claimant.heard.length, 1, "not yet")
    await all.clock.pass(100)
    t.equal(claimant.heard.length, 2)
    t.ok(seen.isOpen)
  })

  t.test("that first met nobody can only be with the new leader", async (t) => {
    const all = asking()
    const first = new Answerer(all, "work.leader", inTerm(all, 7, ""))
    await all.client.leaderWork()
    first.leave()
    const { seen, claimant } = await askInVacancy(all)
    t.equal(claimant.heard.length, 1)
    announce(all, 9)
    // It takes its time.
    await all.clock.pass(500)
    t.ok(seen.isOpen)
    inTerm(all, 9, "slow")(claimant.heard[0] as BusMessage)
    await settled()
    t.equal(seen.answer?.text(), "slow")
  })

  t.test("that died with a claimant is given up when another leads, or asked again", async (t) => {
    for (const idempotent of [false, true]) {
      const all = asking()
      const first = new Answerer(all, "work.leader", inTerm(all, 7, ""))
      await all.client.leaderWork()
      first.leave()
      const options = { idempotent, headers: { Colour: "blue" } }
      const { seen, claimant } = await askInVacancy(all, options)
      const { headers } = claimant.heard[0] as BusMessage
      t.match(headers?.get("Pool-Request"), /^\w{22}$/)
      t.equal(headers?.get("Colour"), "blue")
      claimant.leave()
      const tracked = leading(all, 9)
      announce(all, 9)
      await all.clock.pass(19)
      t.ok(seen.isOpen, "it could have held it, and answer")
      await all.clock.pass(10)
      if (idempotent) t.equal(seen.answer?.text(), "done")
      else t.match(seen.error, { name: "LeaderChanged", term: 9 })
      t.equal(tracked.tally.done, idempotent ? 1 : 0)
    }
  })

  t.test("that was sent while nobody led stays with the leader that has it", async (t) => {
    const all = asking()
    const seen = ask(all)
    await settled()
    let finish: (answer: string) => void = () => {}
    const tracked = leading(all, 9, () => new Promise((resolve) => (finish = resolve)))
    await all.clock.pass(10)
    announce(all, 9)
    await all.clock.pass(500)
    t.ok(seen.isOpen)
    finish("slow")
    await settled()
    t.equal(seen.answer?.text(), "slow")
    t.equal(tracked.tally.done, 1)
  })

  t.test("isn't given up on the word of a leader of another term, or on none", async (t) => {
    for (const [term, word] of [
      [7, ""],
      [undefined, ""],
    ] as const) {
      const all = asking()
      new Answerer(all, "work.held", term === undefined ? silent : inTerm(all, term, word))
      const { seen } = await askInVacancy(all)
      announce(all, 9)
      await all.clock.pass(1000)
      t.ok(seen.isOpen)
      await all.clock.pass(990)
      t.match(seen.error, { name: "RequestTimeout" })
      t.equal(all.clock.alarms, 0)
    }
  })

  t.test("that met nobody is given up on a word that takes its time", async (t) => {
    const all = asking()
    new Answerer(all, "work.held", (message) =>
      all.clock.after(300, () => inTerm(all, 9, "")(message)),
    )
    const { seen } = await askInVacancy(all)
    announce(all, 9)
    await all.clock.pass(299)
    t.ok(seen.isOpen)
    await all.clock.pass(1)
    t.match(seen.error, { name: "LeaderChanged", term: 9 })
  })

  t.test("that met nobody doesn't hide what is still with the old leader", async (t) => {
    const all = asking()
    const { seen: lost, old } = await askInReign(all)
    old.leave()
    const { seen: later } = await askInVacancy(all)
    announce(all, 9)
    await all.clock.pass(20)
    t.match(lost.error, { name: "LeaderChanged", term: 9 })
    t.ok(later.isOpen)
  })

  t.test("is with the new leader, whatever the old one still answers and renews", async (t) => {
    for (const isKnown of [true, false]) {
      const all = asking()
      const late: BusMessage[] = []
      const old = new Answerer(
        all,
        "work.leader",
        isKnown ? inTerm(all, 7, "") : (message) => late.push(message),
        (message) => late.push(message),
        fails(409, "not-done"),
      )
      if (isKnown) await all.client.leaderWork()
      const slow = ask(all)
      if (!isKnown) ask(all)
      await settled()
      const seen = ask(all)
      await settled()
      // It refuses what is new, and finishes what it has; then it is gone.
      announce(all, 8, 7)
      for (const message of late) inTerm(all, 7, "late")(message)
      await settled()
      t.equal(slow.answer?.text(), "late")
      old.leave()
      const heard: BusMessage[] = []
      new Answerer(all, "work.leader", (message) => heard.push(message))
      await all.clock.pass(10)
      t.equal(heard.length, 1)
      announce(all, 9)
      await all.clock.pass(500)
      t.ok(seen.isOpen, `known before: ${isKnown}`)
    }
  })

  t.test("of a client that knows no leader yet is given up when a reign begins", async (t) => {
    const all = asking()
    new Answerer(all, "work.leader", silent)
    const seen = ask(all)
    await settled()
    announce(all, 9)
    await all.clock.pass(20)
    t.match(seen.error, { name: "LeaderChanged", term: 9 })
  })

  t.test(
    "leaves no timer when the client is closed while it waits for a late answer",
    async (t) => {
      const all = asking()
      new Answerer(all, "work.leader", silent)
      const seen = ask(all)
      await settled()
      const before = all.clock.alarms
      announce(all, 9)
      await settled()
      t.equal(all.clock.alarms, before + 1)
      await all.client.close()
      t.equal(all.clock.alarms, before)
      await settled()
      t.match(seen.error, { name: "ClientClosed" })
    },
  )

  t.test("refuses the answer of a leader that was replaced", async (t) => {
    const all = asking()
    new Answerer(
      all,
      "work.leader",
      inTerm(all, 9, ""),
      inTerm(all, 7, "stale"),
      inTerm(all, 9, "stale"),
    )
    await all.client.leaderWork()
    const seen = ask(all)
    await settled()
    t.match(seen.error, { name: "LeaderChanged", term: 9 })
    announce(all, 12)
    await settled()
    const later = ask(all)
    await settled()
    t.match(later.error, { name: "LeaderChanged", term: 12 }, "known by its announcement alone")
  })

  t.test("needs one subscription for all requests, and keeps nothing", async (t) => {
    const all = asking()
    new Answerer(all, "work.leader", inTerm(all, 7, "done"))
    let subscriptions = 0
    const { subscribe } = all.asker
    all.asker.subscribe = (subject, options) => {
      if (subject === "work.claim") subscriptions++
      return subscribe.call(all.asker, subject, options)
    }
    const answers = await Promise.all(
      Array.from({ length: 256 }, () => all.client.leaderWork("10")),
    )
    t.equal(answers.length, 256)
    t.equal(subscriptions, 1)
    t.equal(all.clock.alarms, 0)
  })
})

t.test("on a server", async (t) => {
  const server = await testServer(t, {
    config: `
      max_payload: 4096
      authorization {
        users: [
          { user: all, password: x }
          { user: mute, password: x, permissions: { publish: "other", subscribe: ">" } }
        ]
      }`,
  })
  const connectAs = (user: string) =>
    PoolClient.connect({ servers: server.url, user, password: "x" })

  t.test("a client with a connection of its own asks, and leaves nothing", async (t) => {
    const bus = await connect({ servers: server.url, user: "all", pass: "x", noAsyncTraces: true })
    t.teardown(() => bus.close())
    bus.subscribe("work", { callback: (_, message) => ok("done")(message) })
    await bus.flush()
    const client = await connectAs("all")
    const answers = await Promise.all(Array.from({ length: 256 }, () => client.work("10")))
    for (const answer of answers) t.equal(answer.text(), "done")
    await t.rejects(client.work("x".repeat(4097)), { name: "PayloadTooLarge", maxBytes: 4096 })
    const header = { headers: { Much: "x".repeat(4000) } }
    await t.rejects(client.work("x".repeat(200), header), { name: "PayloadTooLarge", bytes: 200 })
    await t.rejects(client.leaderWork("", { timeoutMs: 200 }), { name: "NoLeader" })
    const before = performance.now()
    await t.rejects(client.leaderWork("", { waitForWorkers: false, timeoutMs: 60_000 }), {
      name: "NoWorkers",
    })
    t.ok(performance.now() - before < 60_000, "at once")
    await client.close()
    await t.rejects(client.work(), { name: "ClientClosed" })
  })

  t.test("what is under way when the connection is lost is not waited for", async (t) => {
    const server = await testServer(t)
    const asked = new Events<string>()
    const connection = await connect({
      servers: server.url,
      reconnectTimeWait: 20,
      maxReconnectAttempts: -1,
    })
    t.teardown(() => connection.close())
    const client = new PoolClient({ bus: connection })
    for (const subject of ["work", "work.leader"]) {
      connection.subscribe(subject, {
        callback: (_error, message) => {
          asked.note(message.string())
          // Only what is repeated is answered.
          if (asked.all.filter((text) => text === message.string()).length > 1) message.respond()
        },
      })
    }
    const lost = { name: "ConnectionLost", code: "connection-lost" }
    const options = { timeoutMs: 60_000 }
    const failing = [
      t.rejects(client.work("once", options), lost),
      t.rejects(client.leaderWork("leader, once", options), lost),
    ]
    const repeated = [
      client.work("twice", { ...options, idempotent: true }),
      client.leaderWork("leader, twice", { ...options, idempotent: true }),
    ]
    await asked.until((all) => all.length === 4)
    await server.restart()
    await Promise.all([...failing, ...repeated])
    t.equal(asked.all.length, 6)
    await client.close()
  })

  t.test("who isn't permitted to ask learns that at once", async (t) => {
    const client = await connectAs("mute")
    for (const ask of ["work", "leaderWork"] as const) {
      await t.rejects(client[ask]("", { timeoutMs: 60_000 }), { name: "NotPermitted" })
    }
    await client.close()
  })
})

t.test(
  "in a pool that changes its leader all the time nothing fails, or is done twice",
  async (t) => {
    const pool = await testPool(t)
    const times = new Map<string, number>()
    const leaderWork = (job: Job) => {
      times.set(job.text(), (times.get(job.text()) ?? 0) + 1)
      return job.text()
    }
    const workers = await Promise.all(
      ["a", "b", "c"].map((name) => pool.join(name, { leaderWork })),
    )
    const client = await PoolClient.connect({ servers: pool.server.url })
    const answered = new Events<string>()
    let asked = 0
    let isOver = false
    const asking = Array.from({ length: 10 }, async () => {
      while (!isOver) {
        const payload = String(asked++)
        const answer = await client.leaderWork(payload, { timeoutMs: 20_000 })
        answered.note(answer.text() === payload ? payload : `${answer.text()} for ${payload}`)
      }
    })
    for (let change = 1; change <= 5; change++) {
      const before = answered.all.length
      await answered.until((all) => all.length > before + 100)
      await workers.find((worker) => worker.isLeader)?.handOver()
    }
    isOver = true
    await Promise.all(asking)
    t.equal(answered.all.length, asked)
    t.strictSame(new Set(answered.all).size, asked)
    t.strictSame(
      [...times].filter(([, count]) => count !== 1),
      [],
    )
    const { term = 0 } = await client.leaderWork("last")
    t.ok(term > 0)
    await client.close()
  },
)
