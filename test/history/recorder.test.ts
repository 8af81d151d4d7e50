/** What one member tells the history, of what it heard and read. */
import t from "tap"
import { Troubles } from "../../src/contracts/troubles.js"
import { HistoryRecorder } from "../../src/history/recorder.js"
import type { HistoryRecord } from "../../src/history/records.js"
import type { StandingClaim } from "../../src/protocol/claim.js"
import { claimOf } from "../fixtures/election.js"
import { ManualClock } from "../fixtures/manual-clock.js"

function stage() {
  const clock = new ManualClock()
  const records: HistoryRecord[] = []
  const write = async (record: HistoryRecord) => void records.push(record)
  const recorder = new HistoryRecorder({ clock, write, troubles: new Troubles(clock) })
  const begin = async (name: string, revision: number) => {
    recorder.claim(standing(name, revision), true)
    await clock.pass(10)
    return records.at(-1)
  }
  return { clock, recorder, begin }
}

const standing = (name: string, revision: number, term?: number): StandingClaim => {
  const claim = claimOf(`id-${name}`, { name, ...(term !== undefined && { term }) })
  return { claim, revision }
}

t.test("a claim that was read tells who led before, and nothing of the gap", async (t) => {
  const { clock, recorder, begin } = stage()
  recorder.known(standing("a", 7, 5))
  await clock.pass(1000)
  const record = await begin("b", 9)
  const before = { id: "id-a", name: "a", term: 5, reason: "lease over" }
  t.strictSame(record, {
    type: "began",
    id: "id-b",
    name: "b",
    term: 9,
    why: "a: lease over",
    before,
  })
})

t.test("what was heard is not replaced by what is read of the past", async (t) => {
  const { clock, recorder, begin } = stage()
  recorder.claim(standing("a", 7, 5), false)
  await clock.pass(1000)
  recorder.known(standing("z", 3, 3))
  t.match(await begin("b", 9), { before: { name: "a", gapMs: 1000 } })
})

t.test("the word that a reign is over tells why it ended, and when", async (t) => {
  const { clock, recorder, begin } = stage()
  recorder.claim(standing("a", 7, 5), false)
  await clock.pass(1000)
  recorder.told({ id: "id-a", term: 5, revision: 7, reason: "handed over" })
  await clock.pass(3)
  t.match(await begin("b", 9), { before: { name: "a", reason: "handed over", gapMs: 3 } })
})

t.test("the word about another reign tells nothing of this one", async (t) => {
  const { clock, recorder, begin } = stage()
  recorder.told({ id: "id-z", term: 2, revision: 3, reason: "handed over" })
  recorder.claim(standing("a", 7, 5), false)
  await clock.pass(1000)
  t.match(await begin("b", 9), { before: { name: "a", reason: "lease over", gapMs: 1000 } })
})
