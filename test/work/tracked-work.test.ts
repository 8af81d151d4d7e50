import { getEventListeners } from "node:events"
import { headers } from "nats"
import t from "tap"
import type { Leadership } from "../../src/lease/leadership.js"
import { namesOf } from "../../src/protocol/names.js"
import type { Job } from "../../src/work/job.js"
import { TrackedWork, type TrackedWorkOptions } from "../../src/work/tracked-work.js"
import { settled } from "../fixtures/manual-clock.js"
import { inWords, parties } from "../fixtures/parties.js"
import { TestReign } from "../fixtures/reign.js"

const NOT_DONE = "409 not the leader any more: the request was not done (not-done)"
const UNKNOWN =
  "409 the reign ended before the answer: the request may or may not have been done (unknown)"

/** A member that may lead the pool "work" in memory. */
function pool(options: Partial<TrackedWorkOptions> = {}) {
  const all = parties()
  const { clock } = all
  const jobs: { job: Job; leadership: Leadership; finish: (answer: unknown) => void }[] = []
  const join = (name: string) =>
    new TrackedWork({
      bus: all.join(name),
      member: { id: `${name}-1`, name },
      clock,
      names: namesOf("work"),
      handler: (job, leadership) => {
        if (job.text() === "quick") return `${name} ${leadership.term}`
        return new Promise((finish) => jobs.push({ job, leadership, finish }))
      },
      ...options,
    })
  const reign = (term = 7, leaseMs?: number) => new TestReign(clock, term, leaseMs)
  const ask = (payload: string) => all.ask("work.leader", payload)
  return { ...all, connect: all.join, ask, jobs, join, reign, tracked: join("a") }
}

/** Whether a promise is still open once all that waits for nothing has happened. */
async function isOpen(promise: Promise<unknown>): Promise<boolean> {
  const open = Symbol("open")
  return (await Promise.race([promise, settled().then(() => open)])) === open
}

t.test("the leader answers, and says who it is and in which term", async (t) => {
  const { asker, tracked, reign } = pool()
  tracked.open()
  tracked.begin(reign(7))
  const answer = await asker.request("work.leader", "quick", { timeout: 1000 })
  t.equal(inWords(answer), "a 7")
  t.strictSame(Object.fromEntries(answer.headers ?? []), {
    "Pool-Worker": ["a"],
    "Pool-Member": ["a-1"],
    "Pool-Term": ["7"],
  })
  t.equal(tracked.tally.done, 1)
})

t.test("what arrives while a claim is on its way is held, and answered in order", async (t) => {
  const { ask, tracked, reign, jobs } = pool()
  tracked.open()
  const asked = [ask("1"), ask("2"), ask("3")]
  t.ok(await isOpen(Promise.race(asked)))
  t.equal(jobs.length, 0)
  tracked.begin(reign())
  t.strictSame(
    jobs.map(({ job }) => job.text()),
    ["1", "2", "3"],
  )
  for (const { job, finish } of jobs) finish(`${job.text()}!`)
  t.strictSame(await Promise.all(asked), ["1!", "2!", "3!"])
})

t.test("a claim that was refused does nothing of what was held, and says so late", async (t) => {
  const { ask, clock, tracked, jobs } = pool()
  tracked.open()
  const asked = ask("quick")
  await settled()
  tracked.abandon()
  t.ok(await isOpen(asked), "the true leader may have the same copy")
  t.equal(jobs.length, 0)
  t.equal(await ask("quick"), "NoResponders", "it listens no more")
  await clock.pass(999)
  t.ok(await isOpen(asked), "the true leader may take its time")
  await clock.pass(1)
  t.equal(
    await asked,
    "409 somebody else leads: the request may or may not have been done (unknown)",
  )
  t.equal(jobs.length, 0)
})

t.test("what is held is held on when the claim is sent again", async (t) => {
  const { ask, tracked, reign, jobs } = pool()
  tracked.open()
  const asked = [ask("1")]
  await settled()
  tracked.open()
  asked.push(ask("2"))
  await settled()
  tracked.begin(reign())
  t.strictSame(
    jobs.map(({ job }) => job.text()),
    ["1", "2"],
  )
  for (const { job, finish } of jobs) finish(job.text())
  t.strictSame(await Promise.all(asked), ["1", "2"])
})

t.test("what was on its way when the claim was given up is not lost in silence", async (t) => {
  const { ask, clock, tracked, jobs } = pool()
  tracked.open()
  const asked = ask("quick")
  // The server has sent it, and it has not arrived.
  tracked.abandon()
  await settled()
  await clock.pass(1000)
  t.equal(
    await asked,
    "409 somebody else leads: the request may or may not have been done (unknown)",
  )
  t.equal(jobs.length, 0)
})

t.test("the leader says which requests it has in hand; nobody else says anything", async (t) => {
  const { asker, clock, jobs, join, reign, tracked } = pool()
  const held = (...ids: string[]) =>
    asker.request("work.held", ids.join("\n"), { timeout: 50 }).then(inWords, ({ name }) => name)
  const sent = (id: string) => {
    const hdrs = headers()
    hdrs.set("Pool-Request", id)
    return asker.request("work.leader", "", { timeout: 60_000, headers: hdrs })
  }
  tracked.open()
  join("b").open()
  const asked = sent("1")
  const also = sent("2")
  const early = held("1")
  await clock.pass(50)
  t.equal(await early, "TimeoutError", "who claims doesn't know yet who has it")
  tracked.begin(reign())
  t.equal(await held("1"), "1")
  t.equal(await held("0", "1", "3", "2"), "1\n2")
  t.equal(await held("3"), "")
  t.equal(await held(""), "")
  const [first, second] = jobs as [(typeof jobs)[number], (typeof jobs)[number]]
  tracked.refuse()
  t.equal(await held("1", "2"), "1\n2", "it is finished while the reign ends")
  first.finish("done")
  t.equal(inWords(await asked), "done")
  t.equal(await held("1", "2"), "2")
  second.finish("done")
  t.equal(inWords(await also), "done")
  await clock.pass(1000)
  const late = held("1")
  await clock.pass(50)
  t.equal(await late, "TimeoutError", "somebody else may lead")
  tracked.lapse()
})

t.test("what is held is bounded", async (t) => {
  const { asker, tracked, reign } = pool()
  tracked.open()
  for (let i = 0; i < 10_050; i++) asker.publish("work.leader", "quick")
  await settled()
  tracked.begin(reign())
  t.equal(tracked.tally.done, 10_000)

  const large = pool({ handler: () => "" })
  large.tracked.open()
  const megabyte = new Uint8Array(1024 * 1024)
  for (let i = 0; i < 70; i++) large.asker.publish("work.leader", megabyte)
  await settled()
  large.tracked.begin(large.reign())
  t.equal(large.tracked.tally.done, 64)
})

t.test("a member that was frozen drops what it finds, for its lease is over", async (t) => {
  const { ask, clock, tracked, reign, jobs } = pool()
  tracked.open()
  tracked.begin(reign(7, 1000))
  await clock.pass(1000)
  t.ok(await isOpen(ask("quick")))
  t.equal(jobs.length, 0)
  t.equal(tracked.tally.ended, 0)
})

t.test("an answer that comes after the lease is over is withheld", async (t) => {
  const { ask, clock, tracked, reign, jobs } = pool()
  tracked.open()
  tracked.begin(reign(7, 1000))
  const asked = ask("slow")
  await clock.pass(999)
  await clock.pass(1)
  jobs[0]?.finish("done")
  t.equal(await asked, UNKNOWN)
  t.strictSame([tracked.tally.done, tracked.tally.failed], [0, 1])
})

t.test("an error that comes after the lease is over is no certainty either", async (t) => {
  const { ask, clock, tracked, reign, jobs } = pool()
  tracked.open()
  tracked.begin(reign(7, 1000))
  const asked = ask("slow")
  await clock.pass(1000)
  jobs[0]?.finish(Promise.reject(new Error("broken")))
  t.equal(await asked, UNKNOWN)
})

t.test("a reign that ends kindly refuses what is new, and finishes what it has", async (t) => {
  const { ask, clock, tracked, reign, jobs } = pool()
  const leadership = reign()
  tracked.open()
  tracked.begin(leadership)
  const asked = ask("slow")
  await settled()
  leadership.end("handed over")
  tracked.refuse()
  t.match(jobs[0]?.job.signal, { aborted: true, reason: { name: "ReignEnded" } })
  t.equal(await ask("quick"), NOT_DONE)
  const finished = tracked.finish(500)
  t.ok(await isOpen(finished))
  jobs[0]?.finish("just in time")
  t.equal(await asked, "just in time")
  t.equal(await finished, true)
  t.equal(await ask("quick"), NOT_DONE)
  tracked.close()
  t.equal(await ask("quick"), "NoResponders")
  t.equal(clock.alarms, 0)
})

t.test("what isn't finished within the grace time has an unknown outcome", async (t) => {
  const { ask, clock, tracked, reign, jobs } = pool()
  const leadership = reign()
  tracked.open()
  tracked.begin(leadership)
  const asked = ask("slow")
  await settled()
  leadership.end("stopping")
  tracked.refuse()
  const finished = tracked.finish(500)
  await clock.pass(500)
  t.equal(await finished, false)
  t.equal(await asked, UNKNOWN)
  jobs[0]?.finish("too late")
  tracked.close()
  await settled()
  t.strictSame([tracked.tally.done, tracked.tally.failed, tracked.tally.busy], [0, 1, 0])
  t.equal(clock.alarms, 0)
})

t.test("once it is drained nothing comes any more, and what came before is answered", async (t) => {
  const { ask, clock, tracked, reign } = pool()
  tracked.open()
  tracked.begin(reign())
  tracked.refuse()
  let answer: string | undefined
  ask("quick").then((said) => {
    answer = said
  })
  t.equal(answer, undefined, "it is on its way")
  await tracked.drain()
  t.equal(answer, NOT_DONE)
  t.equal(await ask("quick"), "NoResponders")
  tracked.close()
  t.equal(clock.alarms, 0)
})

t.test("what was sent before the server heard of the end is refused, not lost", async (t) => {
  const { ask, tracked, reign } = pool()
  const leadership = reign()
  tracked.open()
  tracked.begin(leadership)
  leadership.end("handed over")
  tracked.refuse()
  const asked = ask("quick")
  leadership.over()
  tracked.close()
  t.equal(await asked, NOT_DONE)
})

t.test("once the lease is over nothing is said to be not done, for it is not known", async (t) => {
  const { ask, clock, tracked, reign } = pool()
  const leadership = reign(7, 1000)
  tracked.open()
  tracked.begin(leadership)
  leadership.end("stopping")
  tracked.refuse()
  await clock.pass(1000)
  t.ok(await isOpen(ask("quick")))
})

t.test("a lease that was renewed while the reign ended counts", async (t) => {
  const { ask, clock, tracked, reign } = pool()
  const leadership = reign(7, 1000)
  tracked.open()
  tracked.begin(leadership)
  leadership.end("stopping")
  tracked.refuse()
  await clock.pass(900)
  leadership.renew()
  await clock.pass(900)
  t.equal(await ask("quick"), NOT_DONE)
})

t.test("a lease that ran out tells everybody at once, and the signals fire", async (t) => {
  const { ask, clock, tracked, reign, jobs } = pool()
  const leadership = reign()
  tracked.open()
  tracked.begin(leadership)
  const asked = [ask("1"), ask("2")]
  await settled()
  const underWay = ask("quick")
  leadership.over()
  tracked.lapse()
  t.strictSame(await Promise.all(asked), [UNKNOWN, UNKNOWN])
  for (const { job } of jobs) t.match(job.signal.reason, { name: "ReignEnded", term: 7 })
  t.ok(await isOpen(underWay), "the new leader may have a copy")
  t.equal(await ask("quick"), "NoResponders")
  t.equal(clock.alarms, 1, "only that of the requester who waits in vain")
})

t.test("one member can lead again, in another term", async (t) => {
  const { ask, tracked, reign } = pool()
  const first = reign(7)
  tracked.open()
  tracked.begin(first)
  const asked = ask("slow")
  await settled()
  first.over()
  tracked.lapse()
  t.equal(await asked, UNKNOWN)
  tracked.open()
  tracked.begin(reign(9))
  t.equal(await ask("quick"), "a 9")
})

t.test("closing without having led says nothing", async (t) => {
  const { ask, tracked } = pool()
  tracked.open()
  const asked = ask("quick")
  await settled()
  tracked.close()
  t.ok(await isOpen(asked))
  t.equal(await ask("quick"), "NoResponders")
})

t.test("a handler that is too slow gets a 504", async (t) => {
  const { ask, clock, tracked, reign } = pool({ handlerTimeoutMs: 100 })
  tracked.open()
  tracked.begin(reign())
  const asked = ask("slow")
  await clock.pass(100)
  t.match(await asked, /^504 no result within 100 ms/)
})

t.test("a reign leaves no listener on its signal behind", async (t) => {
  const { tracked, reign } = pool()
  const leadership = reign()
  tracked.open()
  tracked.begin(leadership)
  t.equal(getEventListeners(leadership.signal, "abort").length, 1)
  tracked.close()
  t.equal(getEventListeners(leadership.signal, "abort").length, 0)
})

t.test(
  "a leader that withdraws answers what it has, and leads on when it comes back",
  async (t) => {
    const { ask, tracked, reign, jobs } = pool()
    tracked.open()
    tracked.begin(reign(7))
    const first = ask("slow")
    await settled()
    const withdrawn = tracked.withdraw(2000)
    t.ok(await isOpen(withdrawn))
    t.equal(await ask("quick"), "NoResponders", "it was not done, and may be repeated")
    jobs[0]?.finish("done")
    t.equal(await first, "done")
    await withdrawn
    tracked.comeBack()
    t.equal(await ask("quick"), "a 7")
  },
)

t.test("who lost its reign while it had withdrawn does not come back", async (t) => {
  const { ask, tracked, reign } = pool()
  for (const end of ["lapse", "close", "abandon"] as const) {
    tracked.open()
    tracked.begin(reign(7))
    await tracked.withdraw(2000)
    tracked[end]()
    tracked.comeBack()
    t.equal(await ask("quick"), "NoResponders", end)
  }
  await tracked.withdraw(2000)
  tracked.comeBack()
  t.equal(await ask("quick"), "NoResponders", "it never led")
})

t.test("on two connections a leader hears each request once", async (t) => {
  const { ask, connect, tracked, reign } = pool()
  const second = connect("second")
  tracked.open()
  tracked.begin(reign(7))
  const all = async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => ask("quick")))
    t.strictSame([...new Set(answers)], ["a 7"])
  }
  tracked.comeBack(second)
  await all()
  t.equal(tracked.tally.done, 50)
  await tracked.withdraw(0)
  await all()
  t.equal(tracked.tally.done, 100)
  tracked.comeBack()
  await tracked.withdraw(0, second)
  await all()
  t.equal(tracked.tally.done, 150)
  tracked.lapse()
  t.equal(await ask("quick"), "NoResponders", "neither is left")
})

t.test("while one connection is left what is in flight on it is answered", async (t) => {
  const { ask, connect, tracked, reign, jobs } = pool()
  tracked.open()
  tracked.begin(reign(7))
  const first = ask("slow")
  await settled()
  tracked.comeBack(connect("second"))
  const withdrawn = tracked.withdraw(2000)
  await settled()
  const later = ask("slow")
  await settled()
  t.ok(await isOpen(withdrawn))
  jobs[0]?.finish("done")
  t.equal(await first, "done")
  await withdrawn
  t.ok(await isOpen(later), "what came since holds it up no longer")
  jobs[1]?.finish("done")
  t.equal(await later, "done")
  tracked.lapse()
})

t.test(
  "each reign is in a group of its own, and in another once its connection was lost",
  async (t) => {
    const { connect, clock, reign, ask } = pool()
    const bus = connect()
    const groups: (string | undefined)[] = []
    const { subscribe } = bus
    bus.subscribe = (subject, options) => {
      if (subject === "work.leader") groups.push(options.queue)
      return subscribe.call(bus, subject, options)
    }
    const member = { id: "a-1", name: "a" }
    const it = new TrackedWork({
      bus,
      member,
      clock,
      names: namesOf("work"),
      handler: () => "done",
    })
    for (const _ of ["one reign", "another"]) {
      it.open()
      it.begin(reign(7))
      it.connectionLost()
      t.equal(await ask("quick"), "done")
      it.lapse()
    }
    t.equal(new Set(groups).size, 4)
    t.ok(groups.every((group) => group))
    t.equal(await ask("quick"), "NoResponders")
  },
)

t.test(
  "who has moved to another connection stays as it is there when the first is lost",
  async (t) => {
    const { ask, connect, tracked, reign } = pool()
    const second = connect("second")
    let subscribed = 0
    const { subscribe } = second
    second.subscribe = (...how) => {
      subscribed += 1
      return subscribe.apply(second, how)
    }
    tracked.open()
    tracked.begin(reign(7))
    tracked.comeBack(second)
    await tracked.withdraw(0)
    tracked.connectionLost()
    tracked.comeBack()
    for (let n = 1; n <= 50; n += 1) await ask("quick")
    t.equal(tracked.tally.done, 50)
    t.equal(subscribed, 2, "to the work, and to questions about it")
    tracked.lapse()
  },
)
