import { headers } from "nats"
import t from "tap"
import { SimpleWork, type SimpleWorkOptions } from "../../src/work/simple-work.js"
import { Gate } from "../fixtures/gate.js"
import { settled } from "../fixtures/manual-clock.js"
import { inWords, parties } from "../fixtures/parties.js"

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
  return { ...all, connect: all.join, join }
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

t.test("who withdraws answers what it has, takes no more, and then comes back", async (t) => {
  const gate = new Gate()
  const { ask, join } = pool()
  const a = join("a", { handler: gate.handler })
  const first = ask("work")
  await settled()
  let isDone = false
  const withdrawn = a.withdraw(2000).then(() => {
    isDone = true
  })
  await settled()
  t.equal(await ask("work"), "NoResponders")
  t.notOk(isDone, "the first is not answered yet")
  gate.release()
  t.equal(await first, "done")
  await withdrawn
  a.comeBack()
  const second = ask("work")
  await settled()
  gate.release()
  t.equal(await second, "done")
})

t.test(
  "who takes work on two connections is in the group on both while there is room",
  async (t) => {
    const gate = new Gate()
    const { ask, connect, join } = pool()
    const a = join("a", { handler: gate.handler, concurrency: 2 })
    const second = connect("second")
    a.comeBack(second)
    const full = [ask("work"), ask("work")]
    await settled()
    t.notOk(a.isTaking())
    t.equal(await ask("work"), "NoResponders")
    gate.release()
    t.strictSame(await Promise.all(full), ["done", "done"])
    await a.withdraw(0)
    const later = ask("work")
    await settled()
    gate.release()
    t.equal(await later, "done", "on the one that is left")
    await a.withdraw(0, second)
    t.equal(await ask("work"), "NoResponders")
    t.equal(a.tally.done, 3)
  },
)

t.test("what takes too long holds up nobody who withdraws, and is answered later", async (t) => {
  const gate = new Gate()
  const { ask, join, clock } = pool()
  const a = join("a", { handler: gate.handler })
  const first = ask("work")
  await settled()
  const withdrawn = a.withdraw(2000)
  await clock.pass(2000)
  await withdrawn
  a.comeBack()
  gate.release()
  t.equal(await first, "done")
})

t.test("who was paused, or stopped, while it had withdrawn does not come back", async (t) => {
  const { ask, join } = pool()
  const a = join("a")
  await a.withdraw(0)
  a.pause()
  a.comeBack()
  t.equal(await ask("work"), "NoResponders")
  a.resume()
  t.equal(await ask("work"), "a")
  await a.withdraw(0)
  await a.stop(0)
  a.comeBack()
  t.equal(await ask("work"), "NoResponders")
})
