import t from "tap"
import { Trouble, Troubles } from "../../src/contracts/troubles.js"
import { NoAnswer } from "../../src/time/within.js"
import { ManualClock } from "../fixtures/manual-clock.js"

function stage() {
  const clock = new ManualClock()
  const lines: string[] = []
  const errors: unknown[] = []
  const troubles = new Troubles(clock, (problem, error) => {
    lines.push(error === undefined ? problem : `${problem}: ${(error as Error).message}`)
    errors.push(error)
  })
  /** What was told since the last time. */
  const told = () => lines.splice(0)
  return { clock, troubles, told, errors }
}

const SILENCE = new NoAnswer(500)
const FULL = new Error("maximum bytes exceeded")

t.test("a trouble is told when it begins, and when it is over with how long it was", async (t) => {
  const { clock, troubles, told, errors } = stage()
  for (let n = 0; n < 30; n += 1) {
    troubles.fails("entry", "the entry was not renewed", FULL)
    clock.standStill(2000)
  }
  t.strictSame(told(), ["the entry was not renewed: maximum bytes exceeded"])
  t.ok(errors[0] instanceof Trouble && errors[0].cause === FULL, "with the error as its cause")
  troubles.works("entry")
  troubles.works("entry")
  t.strictSame(told(), ["over after 60 s: the entry was not renewed"])
})

t.test("another cause is a change, another figure in it is none", async (t) => {
  const { troubles, told } = stage()
  const fail = (message: string) => troubles.fails("entry", "not renewed", new Error(message))
  for (const revision of [7, 8, 9]) fail(`wrong last sequence: ${revision}`)
  t.strictSame(told(), ["not renewed: wrong last sequence: 7"])
  fail("stream is sealed")
  fail("wrong last sequence: 10")
  fail("stream is sealed")
  t.strictSame(told(), ["not renewed: stream is sealed"], "one that was told is no news")
  for (let n = 0; n < 50; n += 1) fail(`request ${String.fromCharCode(65 + n)} was refused`)
  t.equal(told().length, 3, "causes without end are told five times in all")
})

t.test("what fails for the same reason is the same trouble", async (t) => {
  const { troubles, told } = stage()
  troubles.fails("claim", "the claim was not written", FULL)
  troubles.fails("entry", "the entry was not renewed", FULL)
  troubles.fails("history", "the history was not written", new Error("sealed"))
  t.strictSame(told(), [
    "the claim was not written: maximum bytes exceeded",
    "the history was not written: sealed",
  ])
  troubles.works("claim")
  t.strictSame(told(), ["over after 0 ms: the claim was not written"])
  troubles.fails("entry", "the entry was not renewed", FULL)
  t.match(told(), [/^the entry was not renewed/], "and no longer when the other is over")
})

t.test("while the connection is away nothing else is told that has no answer", async (t) => {
  const { clock, troubles, told } = stage()
  troubles.fails("claim", "the claim was not written", SILENCE)
  clock.standStill(4000)
  told()
  troubles.lost("lost the connection")
  troubles.fails("claim", "the claim was not written", SILENCE)
  troubles.fails("entry", "the entry was not renewed", new Error("connection disconnected"))
  troubles.report("the history could not be written", SILENCE)
  troubles.lost("not let in", new Error("Authorization Violation"))
  troubles.lost("not let in", new Error("Authorization Violation"))
  troubles.lost("not let in", new Error("maximum connections exceeded"))
  troubles.report("lead() failed", new Error("boom"))
  t.strictSame(told(), [
    "lost the connection",
    "not let in: Authorization Violation",
    "not let in: maximum connections exceeded",
    "lead() failed: boom",
  ])
  clock.standStill(16_000)
  troubles.back("connected again")
  t.strictSame(told(), ["connected again, after 20 s"], "counted from the first silence")
  troubles.fails("entry", "the entry was not renewed", SILENCE)
  t.strictSame(told(), [], "what was on its way when it came back")
  clock.standStill(6_000)
  troubles.fails("entry", "the entry was not renewed", SILENCE)
  t.equal(told().length, 1, "what still fails later is another trouble")
})

t.test("what comes and goes all the time is not told all the time", async (t) => {
  const { clock, troubles, told } = stage()
  for (let n = 0; n < 60; n += 1) {
    troubles.lost("lost the connection")
    clock.standStill(500)
    troubles.back("connected again")
    troubles.works("entry")
    clock.standStill(500)
  }
  t.strictSame(told(), [
    "lost the connection",
    "connected again, after 500 ms",
    "lost the connection",
    "connected again, after 500 ms",
    "lost the connection",
  ])
  clock.standStill(10_000)
  troubles.works("entry")
  t.strictSame(told(), ["connected again, after 58 s"], "over once it has held")
})

t.test(
  "a connection that came back, and must hold before that is told, hides nothing",
  async (t) => {
    const { clock, troubles, told } = stage()
    for (let n = 0; n < 3; n += 1) {
      troubles.lost("lost the connection")
      clock.standStill(2000)
      troubles.back("connected again")
      clock.standStill(2000)
    }
    told()
    clock.standStill(4000)
    const off = Object.assign(new Error("off"), { code: "no-jetstream" })
    troubles.fails("claim", "the claim was not written", off)
    t.strictSame(
      told(),
      ["the claim was not written: off"],
      "the server is back, without JetStream",
    )
    troubles.lost("lost the connection")
    troubles.fails("entry", "the entry was not renewed", SILENCE)
    t.strictSame(told(), [], "and lost anew it does again")
  },
)

t.test("an incident is told once, and how often it came when it comes no more", async (t) => {
  const { clock, troubles, told } = stage()
  for (let n = 0; n < 12; n += 1) {
    troubles.report("lead() failed", new Error("boom"))
    clock.standStill(1000)
  }
  t.strictSame(told(), ["lead() failed: boom"])
  clock.standStill(60_000)
  troubles.works("entry")
  t.strictSame(told(), ["lead() failed: 12 times in 11 s"])
  troubles.report("lead() failed", new Error("boom"))
  t.strictSame(told(), ["lead() failed: boom"], "later it is news")
})

t.test("nothing is armed, so nothing is left over", async (t) => {
  const { clock, troubles } = stage()
  troubles.lost("lost the connection")
  troubles.report("lead() failed")
  troubles.works("connection")
  t.equal(clock.alarms, 0)
})
