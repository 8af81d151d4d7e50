import t from "tap"
import { watchForStalls } from "../src/stall.js"
import { systemClock } from "../src/system-clock.js"
import { ManualClock } from "./fixtures/manual-clock.js"
import { testPool } from "./fixtures/pool.js"

/** Keeps this thread from doing anything else. */
function stallFor(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

t.test("a stall longer than the limit is told when it is over, each time", async (t) => {
  const told: number[] = []
  const cancel = watchForStalls(systemClock, 100, (ms) => told.push(ms))
  for (let stalls = 1; stalls <= 2; stalls++) {
    await systemTurn()
    stallFor(300)
    while (told.length < stalls) await systemTurn()
  }
  cancel()
  t.ok(told.every((ms) => ms > 100))
})

t.test("a loop that goes on is no stall, and a watch that was cancelled is over", async (t) => {
  const clock = new ManualClock()
  const cancel = watchForStalls(clock, 100, () => t.fail("no stall"))
  await clock.pass(1000)
  cancel()
  t.equal(clock.alarms, 0)
})

t.test("without a limit nothing is watched; one too short to tell is refused", async (t) => {
  const clock = new ManualClock()
  watchForStalls(clock, undefined, () => {})()
  t.equal(clock.alarms, 0)
  for (const limit of [0, -1, 39, Number.NaN, 2 ** 31]) {
    t.throws(() => watchForStalls(clock, limit, () => {}), { code: "bad-input" })
  }
})

t.test("a leader whose event loop stood still gives the seat up, and stays a member", async (t) => {
  const pool = await testPool(t)
  const leaseMs = 60_000
  await pool.join("a", { leaseMs, maxStallMs: 100 })
  const term = await pool.leads("a")
  await pool.join("b", { leaseMs })
  await pool.heirsAre("b")
  stallFor(300)
  t.ok((await pool.leads("b")) > term)
  t.match(pool.problems, [/^a: gives the seat up: the event loop stood still for \d+ ms/])
  const reasons = pool.claims.all.map(({ claim }) => claim.released?.reason)
  t.ok(reasons.includes("stalled") || pool.news.all.some(({ reason }) => reason === "stalled"))
  await pool.heirsAre("a")
})

function systemTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
