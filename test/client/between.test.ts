import t from "tap"
import { WaitingRequests } from "../../src/client/waiting-requests.js"
import { namesOf } from "../../src/protocol/names.js"
import { SimpleWork } from "../../src/work/simple-work.js"
import { Gate } from "../fixtures/gate.js"
import { settled } from "../fixtures/manual-clock.js"
import { parties } from "../fixtures/parties.js"

const QUESTION = {
  ...{ payload: new Uint8Array(0), headers: undefined, toLeader: false, timeoutMs: 10_000 },
  ...{ isIdempotent: false, waitsForWorkers: true, signal: undefined },
}

function asking() {
  const gate = new Gate()
  const { clock, asker, join } = parties()
  const member = { id: "a-1", name: "a" }
  const handler = gate.handler
  new SimpleWork({ bus: join("a"), member, clock, subject: "work", handler }).open()
  const names = namesOf("work")
  const more = { random: () => 0.5, maxPayload: Number.POSITIVE_INFINITY }
  const waiting = new WaitingRequests({ bus: asker, names, clock, ...more })
  return { gate, clock, waiting, ask: () => waiting.ask(QUESTION) }
}

t.test("what is under way is answered first, and what comes waits", async (t) => {
  const { gate, ask, waiting } = asking()
  const first = ask()
  await settled()
  let resume = () => {}
  let isBetween = false
  const between = waiting.between(2000, () => {
    isBetween = true
    return new Promise((resolve) => {
      resume = resolve
    })
  })
  const second = ask()
  await settled()
  t.notOk(isBetween, "the first is under way")
  gate.release()
  t.equal((await first).text(), "done")
  await settled()
  t.ok(isBetween)
  t.equal(gate.jobs.length, 1, "the second was not sent")
  resume()
  await between
  await settled()
  gate.release()
  t.equal((await second).text(), "done")
})

t.test(
  "where nothing is under way it is done at once, and what fails holds up nobody",
  async (t) => {
    const { gate, ask, waiting } = asking()
    await t.rejects(
      waiting.between(2000, async () => {
        throw new Error("no")
      }),
      /no/,
    )
    const asked = ask()
    await settled()
    gate.release()
    t.equal((await asked).text(), "done")
  },
)

t.test("what takes too long is not waited for", async (t) => {
  const { gate, clock, ask, waiting } = asking()
  const first = ask()
  await settled()
  const between = waiting.between(2000, async () => {})
  await clock.pass(2000)
  await between
  gate.release()
  t.equal((await first).text(), "done")
})
