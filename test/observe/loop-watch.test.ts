import t from "tap"
import { LoopWatch } from "../../src/observe/loop-watch.js"
import { systemClock } from "../../src/time/system-clock.js"
import { ManualClock } from "../fixtures/manual-clock.js"
import { testPool } from "../fixtures/pool.js"

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
  clock.stall(2600)
  t.equal(watch.stalledMs(), 2100, "also when it is asked before the timer rings; what is certain")
  await clock.pass(500)
  t.equal(watch.stalledMs(), 2600)
  await clock.pass(1900)
  t.equal(watch.stalledMs(), 2600)
  await clock.pass(200)
  t.equal(watch.stalledMs(), undefined)
  watch.stop()
})

t.test("a stall longer than the limit is told when it is over, each time", async (t) => {
  const told: number[] = []
  const watch = new LoopWatch(systemClock, 100, (ms) => told.push(ms))
  for (let stalls = 1; stalls <= 2; stalls++) {
    await turn()
    stallFor(300)
    while (told.length < stalls) await turn()
  }
  watch.stop()
  t.ok(told.every((ms) => ms > 100))
})

t.test("a limit too short to tell is refused", async (t) => {
  for (const limit of [0, -1, 39, Number.NaN, 2 ** 31]) {
    t.throws(() => new LoopWatch(new StallingClock(), limit), { code: "bad-input" })
  }
})

t.test("a leader whose event loop stood still gives up leading, and stays a member", async (t) => {
  const pool = await testPool(t)
  await pool.join("a", { maxStallMs: 100 })
  const term = await pool.leads("a")
  await pool.join("b")
  await pool.heirsAre("b")
  stallFor(300)
  t.ok((await pool.leads("b")) > term)
  t.match(pool.problems[0], /^a: gives up leading: the event loop stood still for \d+ ms/)
  const reasons = pool.claims.all.map(({ claim }) => claim.released?.reason)
  t.ok(reasons.includes("stalled") || pool.news.all.some(({ reason }) => reason === "stalled"))
  await pool.heirsAre("a")
})

/** Keeps this thread from doing anything else. */
function stallFor(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
