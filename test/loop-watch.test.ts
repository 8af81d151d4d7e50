import t from "tap"
import { LoopWatch } from "../src/loop-watch.js"
import { ManualClock } from "./fixtures/manual-clock.js"

/** A clock whose timers ring late once: `stall` lets time pass while nothing else happens. */
class StallingClock extends ManualClock {
  #extraMs = 0

  override now() {
    const { monoMs, wallMs } = super.now()
    return { monoMs: monoMs + this.#extraMs, wallMs: wallMs + this.#extraMs }
  }

  stall(ms: number): void {
    this.#extraMs += ms
  }
}

t.test("a loop that turns is never said to have stood still", async (t) => {
  const clock = new StallingClock()
  const watch = new LoopWatch(clock, 2000)
  for (let n = 0; n < 50; n += 1) {
    await clock.pass(499)
    t.equal(watch.stalledMs(), undefined)
  }
  clock.stall(1400)
  t.equal(watch.stalledMs(), undefined, "nor one that stood still for less than it may")
  watch.stop()
  t.equal(clock.alarms, 0)
})

t.test("one that stood still for too long is said to have for as long again", async (t) => {
  const clock = new StallingClock()
  const watch = new LoopWatch(clock, 2000)
  await clock.pass(1000)
  clock.stall(2500)
  t.equal(watch.stalledMs(), 2500, "also when it is asked before the timer rings")
  await clock.pass(1900)
  t.equal(watch.stalledMs(), 2500)
  await clock.pass(200)
  t.equal(watch.stalledMs(), undefined)
  clock.stall(3000)
  await clock.pass(500)
  t.ok((watch.stalledMs() ?? 0) >= 3000, "the timer sees it too")
  watch.stop()
})
