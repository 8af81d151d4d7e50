import { setImmediate as turn } from "node:timers/promises"
import t from "tap"
import { LeadCall } from "../../src/member/lead-call.js"
import { LeaderDuties } from "../../src/member/leader-duties.js"
import type { TrackedWork } from "../../src/work/tracked-work.js"
import { ManualClock } from "../fixtures/manual-clock.js"
import { TestReign } from "../fixtures/reign.js"

function duties(lead?: () => void, tracked: Partial<TrackedWork> = {}) {
  const nothing = () => {}
  return new LeaderDuties({
    tracked: {
      isBusy: false,
      begin: nothing,
      refuse: nothing,
      drain: nothing,
      ...tracked,
    } as TrackedWork,
    lead,
    graceMs: 1000,
    leadCall: new LeadCall({ clock: new ManualClock(), onChange: nothing, report: nothing }),
    patienceMs: 50,
    onBegin: nothing,
    onEnd: nothing,
    onFailed: nothing,
    onReturned: nothing,
    report: nothing,
  })
}

t.test("a reign that is over as soon as it began never calls lead", async (t) => {
  let calls = 0
  const leading = duties(() => {
    calls += 1
  })
  const reign = new TestReign(new ManualClock(), 5)
  leading.begin(reign)
  reign.end("stopping")
  leading.takeUp(reign)
  t.equal(calls, 0)
  leading.takeUp(new TestReign(new ManualClock(), 6))
  t.equal(calls, 1, "and one that holds does")
})

t.test("a reign waits for tracked work in flight, and for lead", async (t) => {
  let hasFinished = false
  const finish = async () => (hasFinished = true)
  const busy = duties(undefined, { finish, isBusy: true })
  await busy.windDown()
  t.ok(hasFinished)
  let end: () => void = () => {}
  const lead = () => new Promise<void>((resolve) => (end = resolve))
  let hasDrained = false
  const drain = async () => {
    hasDrained = true
  }
  const leading = duties(lead, { finish, drain })
  leading.takeUp(new TestReign(new ManualClock(), 5))
  let isOver = false
  leading.windDown().then(() => (isOver = true))
  await turn()
  t.notOk(isOver || hasDrained)
  end()
  await turn()
  t.ok(isOver && hasDrained, "what the server sent meanwhile is answered, last")
})

t.test("a reign with nothing under way is drained in the turn in which it is ended", (t) => {
  let hasDrained = false
  const drain = async () => {
    hasDrained = true
  }
  duties(() => {}, { drain }).windDown()
  t.ok(hasDrained)
  t.end()
})
