import t from "tap"
import { checkedKillStalled, StallWatch } from "../../src/supervision/stall-watch.js"
import { ManualClock, settled } from "../fixtures/manual-clock.js"

function stage() {
  const clock = new ManualClock()
  const seen: number[] = []
  const watch = new StallWatch(clock, 1_000, () => seen.push(clock.now().monoMs))
  return { clock, watch, seen }
}

t.test("one that is silent for too long stands still, which is told once", async (t) => {
  const { clock, watch, seen } = stage()
  await clock.pass(900)
  watch.heard()
  await clock.pass(999)
  t.strictSame(seen, [])
  await clock.pass(10_000)
  t.strictSame(seen, [1_900])
  t.equal(clock.alarms, 0)
})

t.test("as long as words come nothing is told", async (t) => {
  const { clock, watch, seen } = stage()
  for (let n = 0; n < 20; n += 1) {
    await clock.pass(250)
    watch.heard()
  }
  t.strictSame(seen, [])
  watch.stop()
  await clock.pass(10_000)
  t.strictSame(seen, [])
})

t.test("time in which the watcher itself stood still counts for nothing", async (t) => {
  const { clock, watch, seen } = stage()
  clock.standStill(60_000)
  await clock.pass(1)
  t.strictSame(seen, [])
  await clock.pass(500)
  watch.heard()
  await clock.pass(900)
  t.strictSame(seen, [])
  await clock.pass(200)
  t.equal(seen.length, 1)
})

t.test("what has arrived when it looks is read before", async (t) => {
  let ring = () => {}
  let monoMs = 0
  const clock = {
    now: () => ({ monoMs, wallMs: monoMs }),
    after: (_ms: number, wake: () => void) => {
      ring = wake
      return () => {}
    },
  }
  const watch = new StallWatch(clock, 1_000, () => t.fail("it was killed"))
  monoMs = 1_000
  ring()
  watch.heard()
  await settled()
  t.pass("it goes on")
  watch.stop()
})

t.test("what can't be told is refused", async (t) => {
  t.equal(checkedKillStalled(200), 200)
  for (const ms of [0, 199, Number.NaN, 2 ** 31]) {
    t.throws(() => checkedKillStalled(ms), { message: /expected 200 ms or more/ })
  }
})
