import { connect, headers, type NatsConnection } from "nats"
import t, { type Test } from "tap"
import type { Job } from "../src/job.js"
import { SimpleWork, type SimpleWorkOptions } from "../src/simple-work.js"
import { systemClock } from "../src/system-clock.js"
import { settled } from "./fixtures/manual-clock.js"
import { inWords, parties } from "./fixtures/parties.js"
import { type TestServer, testServer } from "./fixtures/server.js"

/** Handlers that end when the test says so. */
class Gate {
  readonly jobs: Job[] = []
  #open: ((answer: string) => void)[] = []

  readonly handler = (job: Job): Promise<string> => {
    this.jobs.push(job)
    return new Promise((resolve) => this.#open.push(resolve))
  }

  /** Lets all that wait answer. */
  release(answer = "done"): void {
    for (const open of this.#open.splice(0)) open(answer)
  }
}

/** A pool "work" in memory. */
function pool() {
  const all = parties()
  const { clock } = all
  const join = (name: string, options: Partial<SimpleWorkOptions> = {}) => {
    const member = { id: `${name}-1`, name }
    const handler = () => name
    const bus = all.join(name)
    const work = new SimpleWork({ bus, member, clock, subject: "work", handler, ...options })
    work.open()
    return work
  }
  return { ...all, join }
}

const FULL = "429 full: try again (not-done)"

t.test("members share the work, each request has one answer", async (t) => {
  const { ask, join } = pool()
  const members = ["a", "b", "c"].map((name) => join(name))
  const answers = await Promise.all(Array.from({ length: 90 }, () => ask("work")))
  for (const [i, name] of ["a", "b", "c"].entries()) {
    const count = answers.filter((answer) => answer === name).length
    t.ok(count > 0)
    t.equal(members[i]?.tally.done, count)
  }
})

t.test("a full member leaves the group, and comes back when it has room", async (t) => {
  const gate = new Gate()
  const { ask, join } = pool()
  const a = join("a", { concurrency: 1, handler: gate.handler })
  const first = ask("work")
  await settled()
  t.equal(a.isTaking(), false)
  t.equal(await ask("work"), "NoResponders", "the bus says it at once")
  gate.release()
  t.equal(await first, "done")
  t.equal(a.isTaking(), true)
})

t.test("nobody waits behind a busy member while another is idle", async (t) => {
  const gate = new Gate()
  const { ask, join } = pool()
  for (const name of ["a", "b", "c"]) join(name, { concurrency: 1, handler: gate.handler })
  const asked = Array.from({ length: 4 }, () => ask("work"))
  const busy = new Set<string>()
  const late = await Promise.race(asked)
  for (const { member } of gate.jobs) busy.add(member.name)
  t.strictSame([...busy].toSorted(), ["a", "b", "c"])
  t.equal(late, FULL, "the fourth learns at once that all are full")
  gate.release()
  const answers = await Promise.all(asked)
  t.equal(answers.filter((answer) => answer === "done").length, 3)
})

t.test("what is passed on keeps its payload and headers, and who answered is named", async (t) => {
  const gate = new Gate()
  const { asker, ask, join } = pool()
  const a = join("a", { concurrency: 1, handler: gate.handler })
  const hdrs = headers()
  hdrs.set("Colour", "red")
  const first = ask("work")
  const second = asker.request("work", "10", { timeout: 1000, headers: hdrs })
  const b = join("b", { handler: (job) => `${job.text()} ${job.headers?.get("Colour")}` })
  const answer = await second
  t.equal(inWords(answer), "10 red")
  t.equal(answer.headers?.get("Pool-Worker"), "b")
  t.strictSame([a.tally.busy, b.tally.done], [1, 1])
  gate.release()
  t.equal(await first, "done")
})

t.test("at a large concurrency a member comes back when a tenth is free", async (t) => {
  const open: (() => void)[] = []
  const { ask, join } = pool()
  const handler = () => new Promise<void>((resolve) => open.push(resolve))
  const a = join("a", { concurrency: 20, handler })
  for (let i = 0; i < 20; i++) ask("work")
  await settled()
  t.equal(a.tally.busy, 20)
  t.equal(a.isTaking(), false)
  open.pop()?.()
  await settled()
  t.equal(a.isTaking(), false)
  open.pop()?.()
  await settled()
  t.equal(a.isTaking(), true)
})

t.test("a paused member takes nothing, finishes what it has, and resumes", async (t) => {
  const gate = new Gate()
  const { ask, join } = pool()
  const a = join("a", { handler: gate.handler })
  const first = ask("work")
  await settled()
  a.pause()
  t.equal(a.isTaking(), false)
  t.equal(await ask("work"), "NoResponders")
  gate.release()
  t.equal(await first, "done")
  t.equal(a.isTaking(), false, "room is no reason to come back")
  a.resume()
  const second = ask("work")
  await settled()
  gate.release()
  t.equal(await second, "done")
})

t.test("what reaches a member that just paused goes to another", async (t) => {
  const { ask, join } = pool()
  const a = join("a")
  const asked = ask("work")
  a.pause()
  join("b")
  t.equal(await asked, "b")
})

t.test("a stop waits for what is in flight", async (t) => {
  const gate = new Gate()
  const { ask, clock, join } = pool()
  const a = join("a", { handler: gate.handler })
  const asked = ask("work")
  await settled()
  const stopped = a.stop(1000)
  await clock.pass(999)
  t.equal(await ask("work"), "NoResponders")
  gate.release()
  t.equal(await asked, "done")
  await stopped
  t.notOk(gate.jobs[0]?.signal.aborted)
  t.equal(clock.alarms, 0)
})

t.test("a stop gives up what isn't done within its grace time", async (t) => {
  const gate = new Gate()
  const { ask, clock, join } = pool()
  const a = join("a", { handler: gate.handler })
  const asked = ask("work")
  await settled()
  const stopped = a.stop(1000)
  await clock.pass(1000)
  await stopped
  const reason = "the worker stopped before the answer: the request may or may not have been done"
  t.equal(await asked, `500 ${reason} (unknown)`)
  t.match(gate.jobs[0]?.signal, { aborted: true, reason: { name: "WorkerStopped" } })
  gate.release()
  await settled()
  t.equal(a.tally.done, 0)
  t.equal(clock.alarms, 0)
})

t.test("a stop hands on what reaches it while it leaves, and waits for the answer", async (t) => {
  const gate = new Gate()
  const { ask, clock, join } = pool()
  const a = join("a")
  const asked = ask("work")
  let isStopped = false
  const stopped = a.stop(1000).then(() => {
    isStopped = true
  })
  const b = join("b", { handler: gate.handler })
  await clock.pass(500)
  t.equal(isStopped, false)
  gate.release()
  t.equal(await asked, "done")
  await stopped
  await b.stop(0)
  t.equal(clock.alarms, 0)
})

t.test("a concurrency that cannot work is refused", async (t) => {
  for (const concurrency of [0, -1, 1.5, Number.NaN]) {
    t.throws(() => pool().join("a", { concurrency }), {
      name: "BadInput",
      message: /^concurrency: expected a whole number from 1, got /,
    })
  }
})

t.test("on a server", async (t) => {
  const server = await testServer(t, { config: "max_payload: 65536" })
  const asker = await connected(t, server)
  const join = async (name: string, options: Partial<SimpleWorkOptions> = {}) => {
    const bus = await connected(t, server)
    const member = { id: `${name}-1`, name }
    const shared = { bus, member, clock: systemClock, subject: "work" }
    const work = new SimpleWork({ ...shared, handler: () => name, ...options })
    work.open()
    await bus.flush()
    return work
  }
  const ask = (payload = "") => asker.request("work", payload, { timeout: 10_000 }).then(inWords)

  t.test("each of a burst has a handler, or learns at once that it has none", async (t) => {
    const gate = new Gate()
    const names = ["a", "b", "c"]
    const members = await Promise.all(
      names.map((name) => join(name, { concurrency: 1, handler: gate.handler })),
    )
    const counts = { done: 0, refused: 0 }
    for (let round = 0; round < 20; round++) {
      const asked = Array.from({ length: 12 }, () => ask().catch((error) => error.cause.name))
      let open = asked.length
      const refused = new Promise<void>((resolve) => {
        for (const answer of asked) answer.then(() => --open === 3 && resolve())
      })
      await refused
      t.equal(gate.jobs.length, 3)
      t.equal(new Set(gate.jobs.splice(0).map(({ member }) => member.name)).size, 3)
      gate.release()
      for (const answer of await Promise.all(asked)) {
        if (answer === "done") counts.done++
        else if (answer === FULL || answer === "NoResponders") counts.refused++
        else t.fail(answer)
      }
      // The members are back in the group once the server has heard of it.
      await Promise.all(names.map(() => asker.flush()))
    }
    t.strictSame(counts, { done: 60, refused: 180 })
    await Promise.all(members.map((member) => member.stop(1000)))
  })

  t.test("an answer above max_payload is a 500, and the connection stays", async (t) => {
    const big = await join("big", { handler: (job) => "x".repeat(Number(job.text())) })
    t.match(await ask("65537"), /^500 the work was done, but its answer is above/)
    t.match(await ask("65536"), /^500/, "headers count too")
    t.equal((await ask("65000")).length, 65_000)
    t.equal((await server.connections()).length, 5)
    await big.stop(0)
  })

  t.test("a reason in any script arrives as it is", async (t) => {
    const loud = await join("loud", {
      handler: () => {
        throw new Error("größer als 漢字\r\nzu lang")
      },
    })
    t.equal(await ask(), "500 größer als 漢字 zu lang")
    await loud.stop(0)
  })

  t.test("a connection that is closed under it does no harm", async (t) => {
    const bus = await connected(t, server)
    const gate = new Gate()
    const problems: Error[] = []
    const member = { id: "x", name: "x" }
    const work = new SimpleWork({
      ...{ bus, member, clock: systemClock, subject: "closing", concurrency: 1 },
      handler: gate.handler,
      onProblem: (problem) => problems.push(problem),
    })
    work.open()
    await bus.flush()
    asker.publish("closing")
    await asker.flush()
    await bus.flush()
    t.equal(gate.jobs.length, 1)
    await bus.close()
    gate.release()
    await settled()
    t.match(problems, [{ name: "ClosedConnectionError" }])
    await work.stop(0)
  })
})

async function connected(t: Test, server: TestServer): Promise<NatsConnection> {
  const connection = await connect({ servers: server.url, noAsyncTraces: true })
  t.teardown(() => connection.close())
  return connection
}
