import t from "tap"
import { RefusedInDoubt, untilAnswered } from "../../src/contracts/until-answered.js"
import { RevisionMismatch } from "../../src/errors/errors.js"
import { NoAnswer } from "../../src/time/within.js"
import { ManualClock } from "../fixtures/manual-clock.js"

const REFUSED = new RevisionMismatch("leader", 7)
const NOBODY = named("NoResponders", "no responders")
const SILENCE = Symbol("silence")

function named(name: string, message: string, more: object = {}): Error {
  return Object.assign(new Error(message), { name, ...more })
}

/** A bucket whose tries come to this, in order: an error, a revision, or no answer at all. */
function asking(...answers: (Error | number | typeof SILENCE)[]) {
  const clock = new ManualClock()
  const triedMs: number[] = []
  const acknowledge: ((revision: number) => void)[] = []
  const refuse: ((error: Error) => void)[] = []
  const outcome = untilAnswered(clock, 3000, () => {
    triedMs.push(clock.now().monoMs)
    const answer = answers.length > 1 ? answers.shift() : answers[0]
    return new Promise<number>((resolve, reject) => {
      acknowledge.push(resolve)
      refuse.push(reject)
      if (typeof answer === "number") resolve(answer)
      else if (answer instanceof Error) reject(answer)
    })
  })
  outcome.catch(() => {})
  return { clock, outcome, triedMs, acknowledge, refuse }
}

t.test("what is answered is asked once", async (t) => {
  const { clock, outcome, triedMs } = asking(8)
  t.equal(await outcome, 8)
  t.strictSame(triedMs, [0])
  t.equal(clock.alarms, 0)
})

t.test("what is refused is not asked again, and the refusal is told", async (t) => {
  const { outcome, triedMs } = asking(REFUSED)
  await t.rejects(outcome, REFUSED)
  t.equal(triedMs.length, 1)
})

for (const [says, error] of Object.entries({
  "that nobody is there": NOBODY,
  "that nobody answered": named("TimeoutError", "timeout"),
  "503": named("JetStreamApiError", "not now", { status: 503, code: 1 }),
  "408": named("JetStreamApiError", "not now", { status: 408, code: 2 }),
  "409": named("JetStreamApiError", "not now", { status: 409, code: 3 }),
  "that there is no leader": named("JetStreamApiError", "no leader", { code: 10008 }),
})) {
  t.test(`who says ${says} is asked again, ever later, until there is an answer`, async (t) => {
    const { clock, outcome, triedMs } = asking(error, error, error, 8)
    await clock.pass(20 + 40 + 80)
    t.equal(await outcome, 8)
    t.strictSame(triedMs, [0, 20, 60, 140])
    t.equal(clock.alarms, 0)
  })
}

t.test("who says nothing is asked three times in all, and the first answer counts", async (t) => {
  const { clock, outcome, triedMs, acknowledge } = asking(SILENCE)
  await clock.pass(2500)
  t.equal(triedMs.length, 3)
  acknowledge[0]?.(8)
  t.equal(await outcome, 8)
  t.equal(clock.alarms, 0)
})

t.test("a refusal after a try that nobody answered may be that try's", async (t) => {
  const { clock, outcome } = asking(SILENCE, REFUSED)
  await clock.pass(1100)
  await t.rejects(outcome, RefusedInDoubt)
  t.match(await outcome.catch((error) => error), { cause: REFUSED })
})

t.test(
  "the refusal of the first try is one, however late: the others were refused with it",
  async (t) => {
    const { clock, outcome, triedMs, refuse } = asking(SILENCE)
    await clock.pass(1100)
    refuse[0]?.(REFUSED)
    await t.rejects(outcome, REFUSED)
    t.equal(triedMs.length, 2)
    const second = asking(SILENCE)
    await second.clock.pass(2500)
    second.refuse[1]?.(REFUSED)
    second.acknowledge[0]?.(8)
    t.equal(await second.outcome, 8, "that of another one may be its own")
  },
)

t.test("a refusal after a try that reached nobody is one", async (t) => {
  const { clock, outcome } = asking(NOBODY, REFUSED)
  await clock.pass(20)
  await t.rejects(outcome, REFUSED)
})

t.test("after its time it is asked no more", async (t) => {
  const silent = asking(SILENCE)
  await silent.clock.pass(3000)
  await t.rejects(silent.outcome, NoAnswer)
  const absent = asking(NOBODY)
  await absent.clock.pass(3000)
  await t.rejects(absent.outcome, NOBODY)
  const { length } = absent.triedMs
  t.ok(length > 10 && length < 20, `${length} tries`)
  await absent.clock.pass(10_000)
  t.equal(absent.triedMs.length, length)
})

t.test("a connection that is closed for good is not asked again", async (t) => {
  const closed = named("ClosedConnectionError", "closed")
  const cutOff = named("RequestError", "connection closed")
  for (const error of [closed, cutOff]) {
    const { outcome, triedMs } = asking(error)
    await t.rejects(outcome, error)
    t.equal(triedMs.length, 1)
  }
})
