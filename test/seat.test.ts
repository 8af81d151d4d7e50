import { setImmediate as turn } from "node:timers/promises"
import t from "tap"
import { LeaderSeat } from "../src/seat.js"
import type { TrackedWork } from "../src/tracked-work.js"
import { ManualClock } from "./fixtures/manual-clock.js"
import { TestReign } from "./fixtures/reign.js"

function seat(lead: () => void) {
  const nothing = () => {}
  return new LeaderSeat({
    tracked: { begin: nothing } as unknown as TrackedWork,
    lead,
    graceMs: 1000,
    within: (_ms, work) => work,
    onBegin: nothing,
    onEnd: nothing,
    onFailed: nothing,
    onReturned: nothing,
    report: nothing,
  })
}

t.test("a reign that is over as soon as it began never calls lead", async (t) => {
  let calls = 0
  const leading = seat(() => {
    calls += 1
  })
  const reign = new TestReign(new ManualClock(), 5)
  leading.begin(reign)
  reign.end("stopping")
  await turn()
  t.equal(calls, 0)
  leading.begin(new TestReign(new ManualClock(), 6))
  await turn()
  t.equal(calls, 1, "and one that holds does")
})
