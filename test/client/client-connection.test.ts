import { getEventListeners } from "node:events"
import t, { type Test } from "tap"
import { type AskOptions, PoolClient } from "../../src/client/client.js"
import { encodeAnnouncement } from "../../src/protocol/claim.js"
import { MOST_A_TURN } from "../../src/time/turns.js"
import { CuttableBus } from "../fixtures/cuttable-bus.js"
import { settled } from "../fixtures/manual-clock.js"
import { parties } from "../fixtures/parties.js"

/** A client over a connection that can be cut, and somebody who takes work and leads, but never answers. */
function asking(t: Test, subjects = ["work", "work.leader"]) {
  const all = parties()
  const { clock, asker } = all
  const bus = new CuttableBus(asker, clock)
  const client = new PoolClient({ bus, clock, random: () => 0.5 })
  t.teardown(() => client.close())
  const heard: string[] = []
  const worker = all.join()
  for (const subject of subjects) {
    worker.subscribe(subject, { callback: (_, { subject }) => heard.push(subject) })
  }
  let revision = 0
  const announceReign = () => {
    revision += 1
    const claim = {
      ...{ key: "1.a", id: `A${revision}`, name: "a", nonce: `n${revision}`, lease: 2000 },
      ...{ since: "", heirs: [], strategy: "oldest", reason: "" },
    }
    worker.publish("work.claim", encodeAnnouncement({ claim, revision }))
  }
  return { clock, bus, client, heard, worker, announceReign }
}

/** How a request came out, looked at without waiting. */
function watched(asked: Promise<{ text(): string }>) {
  const seen: { answer?: string; error?: { name: string; code: string }; isOpen: boolean } = {
    isOpen: true,
  }
  asked.then(
    (answer) => Object.assign(seen, { answer: answer.text(), isOpen: false }),
    (error) => Object.assign(seen, { error, isOpen: false }),
  )
  return seen
}

const twice: AskOptions = { idempotent: true, timeoutMs: 6000 }

t.test("the leader changes, then the connection is lost: the client waits for it", async (t) => {
  const { clock, bus, client, heard, announceReign } = asking(t)
  announceReign()
  const seen = [watched(client.leaderWork("", twice)), watched(client.leaderWork("", twice))]
  await clock.pass(5)
  t.equal(heard.length, 2)
  announceReign()
  await settled()
  bus.set("down")
  const before = bus.sent
  await clock.pass(5900)
  t.equal(bus.sent, before, "nothing is tried")
  t.equal(seen[0]?.isOpen, true)
  await clock.pass(200)
  for (const { error } of seen) t.equal(error?.name, "ConnectionLost", "it may have been done")
})

for (const kind of ["work", "leaderWork"] as const) {
  t.test(
    `${kind}: without a connection nothing is tried, and it goes on when it is back`,
    async (t) => {
      const { clock, bus, client, heard } = asking(t)
      const first = watched(client[kind]("", twice))
      await clock.pass(5)
      bus.set("down")
      await settled()
      const before = bus.sent
      const later = watched(client[kind]("", twice))
      await clock.pass(3000)
      t.equal(bus.sent, before)
      t.equal(heard.length, 1)
      bus.set("up")
      await clock.pass(5)
      t.equal(heard.length, 3, "both are sent, at once")
      t.ok(first.isOpen && later.isOpen)
    },
  )

  t.test(`${kind}: what was never sent says so at the deadline`, async (t) => {
    const { clock, bus, client } = asking(t)
    const first = watched(client[kind]("", { timeoutMs: 10 }))
    await clock.pass(20)
    t.equal(first.error?.name, "RequestTimeout")
    bus.set("down")
    await settled()
    const seen = watched(client[kind]("", { timeoutMs: 3000 }))
    await clock.pass(2970)
    t.ok(seen.isOpen)
    await clock.pass(30)
    t.match(seen.error, { name: "NotConnected", code: "not-connected" })
    t.equal(clock.alarms, 0)
  })

  t.test(`${kind}: who waits for the connection can be closed, and aborted`, async (t) => {
    const { clock, bus, client } = asking(t)
    await t.rejects(client[kind]("", { signal: AbortSignal.abort(new Error("early")) }), /early/)
    watched(client[kind]("", { timeoutMs: 10 }))
    await clock.pass(20)
    bus.set("down")
    await settled()
    const controller = new AbortController()
    const aborted = watched(client[kind]("", { ...twice, signal: controller.signal }))
    const closed = watched(client[kind]("", twice))
    await clock.pass(100)
    controller.abort(Object.assign(new Error("enough"), { name: "Enough" }))
    await settled()
    t.equal(aborted.error?.name, "Enough")
    t.equal(getEventListeners(controller.signal, "abort").length, 0)
    t.ok(closed.isOpen)
    await client.close()
    await settled()
    t.equal(closed.error?.name, "ClientClosed")
    t.equal(clock.alarms, 0)
    t.equal(bus.listeners, 0)
  })

  t.test(`${kind}: a connection that is closed while it is waited for is told`, async (t) => {
    const { clock, bus, client } = asking(t)
    watched(client[kind]("", { timeoutMs: 10 }))
    await clock.pass(20)
    bus.set("down")
    await settled()
    const seen = watched(client[kind]("", twice))
    await clock.pass(100)
    bus.set("closed")
    await clock.pass(1)
    t.equal(seen.error?.name, "ClosedConnectionError")
  })
}

for (const kind of ["work", "leaderWork"] as const) {
  t.test(`${kind}: a connection that is away at the first request is waited for`, async (t) => {
    const { clock, bus, client, worker } = asking(t, [])
    bus.set("down")
    await settled()
    const late = new PoolClient({ bus, clock, random: () => 0.5 })
    const seen = [client, late].map((one) => watched(one[kind]("", { timeoutMs: 3000 })))
    bus.retry()
    await clock.pass(1000)
    t.equal(bus.sent, 0)
    t.ok(seen.every(({ isOpen }) => isOpen))
    for (const subject of ["work", "work.leader"]) {
      worker.subscribe(subject, { callback: (_, message) => message.respond("done") })
    }
    bus.set("up")
    await clock.pass(5)
    t.strictSame(
      seen.map(({ answer }) => answer),
      ["done", "done"],
      "and each is sent once, though it may not be done twice",
    )
    await Promise.all([client.close(), late.close()])
    t.equal(bus.listeners, 0)
  })

  t.test(
    `${kind}: where the loss was not heard of, a try to connect anew tells of it`,
    async (t) => {
      const { clock, bus, client, heard } = asking(t)
      const seen = watched(client[kind]("", { timeoutMs: 3000 }))
      await clock.pass(5)
      t.equal(heard.length, 1)
      bus.retry()
      await settled()
      t.equal(seen.error?.name, "ConnectionLost")
    },
  )
}

t.test("a client of a connection that was closed before learns that at once", async (t) => {
  const { clock, bus } = asking(t)
  bus.set("closed")
  const client = new PoolClient({ bus, clock })
  const seen = watched(client.work("", { timeoutMs: 3000 }))
  await clock.pass(1)
  t.equal(seen.error?.name, "ClosedConnectionError")
  await client.close()
})

t.test("a connection lost while the pool is looked for says nothing of its members", async (t) => {
  const { clock, bus, client, worker } = asking(t, [])
  worker.subscribe("$SRV.PING.work", { callback: () => {} })
  const seen = watched(client.work("", { ...twice, waitForWorkers: false }))
  await clock.pass(1)
  bus.set("down")
  await clock.pass(1000)
  t.ok(seen.isOpen)
  worker.subscribe("work", { callback: (_, message) => message.respond("done") })
  bus.set("up")
  await clock.pass(1)
  t.equal(seen.answer, "done")
})

t.test(
  "what is repeated for thousands at once takes turns, and lets others have theirs",
  async (t) => {
    const { clock, bus, client, heard, worker, announceReign } = asking(t)
    const many = MOST_A_TURN * 3
    for (let n = 0; n < many; n += 1) {
      watched(client[n % 2 ? "work" : "leaderWork"]("", { ...twice, timeoutMs: 60_000 }))
    }
    await settled()
    t.equal(heard.length, many)
    bus.set("down")
    await clock.pass(100)
    worker.subscribe("work.leader", { callback: (_, message) => message.respond("done") })
    const before = bus.sent
    const perTurn: number[] = []
    const sentInTurns = async () => {
      for (let sent = bus.sent; sent - before < many; sent = bus.sent) {
        await settled()
        perTurn.push(bus.sent - sent)
      }
    }
    bus.set("up")
    announceReign()
    await sentInTurns()
    t.equal(bus.sent - before, many, "each is sent once more")
    t.ok(Math.max(...perTurn) <= 2 * MOST_A_TURN, `${perTurn}`)
  },
)

t.test("thousands that fail at once take turns as well", async (t) => {
  const { clock, bus, client } = asking(t)
  const many = MOST_A_TURN * 3
  let failed = 0
  const ask = (options: AskOptions) => {
    for (let n = 0; n < many; n += 1) client.work("", options).catch(() => failed++)
  }
  const turns = async () => {
    const perTurn: number[] = []
    for (let before = failed; failed < many; before = failed) {
      await settled()
      perTurn.push(failed - before)
    }
    failed = 0
    return perTurn
  }
  ask({ timeoutMs: 60_000 })
  await settled()
  bus.set("down")
  const lost = await turns()
  t.ok(Math.max(...lost) <= 2 * MOST_A_TURN, `lost with the connection: ${lost}`)
  bus.set("up")
  await settled()
  ask({ timeoutMs: 500 })
  clock.standStill(600)
  const [late] = await Promise.all([turns(), clock.pass(0)])
  t.ok(Math.max(...late) <= 2 * MOST_A_TURN, `at their deadline: ${late}`)
})

t.test("however often the connection comes and goes, tries are apart", async (t) => {
  const { clock, bus, client, announceReign } = asking(t)
  watched(client.leaderWork("", { ...twice, timeoutMs: 1000 }))
  const before = bus.sent
  for (let flap = 0; flap < 5000; flap += 1) {
    bus.set(flap % 2 ? "up" : "down")
    announceReign()
    await clock.pass(0.2)
  }
  t.ok(bus.sent - before < 1000 / 4 + 600, `${bus.sent - before} tries`)
})
