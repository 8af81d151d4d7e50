import { getEventListeners } from "node:events"
import t from "tap"
import { Pace, type PaceOptions } from "../../src/time/pace.js"
import { ManualClock } from "../fixtures/manual-clock.js"

/** A pace, and when each wait of a loop that never succeeds ended. */
function pacing(options: Omit<PaceOptions, "clock">) {
  const clock = new ManualClock()
  const pace = new Pace({ clock, ...options })
  const triedMs: number[] = []
  const turn = async (isUrgent = false) => {
    while (await pace.wait({ isUrgent })) triedMs.push(clock.now().monoMs)
  }
  return { clock, pace, triedMs, turn }
}

t.test("waits double up to the longest, and begin anew after a success", async (t) => {
  const { clock, pace, triedMs, turn } = pacing({ firstMs: 4, mostMs: 16 })
  const turning = turn()
  await clock.pass(60)
  t.strictSame(triedMs, [4, 12, 28, 44, 60])
  pace.reset()
  await clock.pass(16)
  t.strictSame(triedMs.slice(5), [76], "the wait that is under way is not changed")
  t.equal(pace.nextMs, 8)
  pace.stop()
  await turning
  t.equal(clock.alarms, 0)
})

t.test("without a longest all are the same, and none is shorter than a millisecond", async (t) => {
  const { clock, pace, triedMs, turn } = pacing({ firstMs: 0 })
  const turning = turn()
  await clock.pass(5)
  t.strictSame(triedMs, [1, 2, 3, 4, 5])
  pace.stop()
  await turning
})

t.test("chance makes a wait from half to one and a half times as long", async (t) => {
  const chances = [0, 1, 0.5]
  const { clock, pace, triedMs, turn } = pacing({
    firstMs: 10,
    random: () => chances.shift() ?? 0.5,
  })
  const turning = turn()
  await clock.pass(30)
  t.strictSame(triedMs, [5, 20, 30])
  pace.stop()
  await turning
})

t.test("a wait is hurried at once, and the next one not before its time", async (t) => {
  const { clock, pace, triedMs, turn } = pacing({ firstMs: 10, mostMs: 80 })
  const turning = turn()
  await clock.pass(3)
  pace.hurry()
  await clock.pass(0)
  t.strictSame(triedMs, [3])
  pace.hurry()
  pace.hurry()
  await clock.pass(9)
  t.strictSame(triedMs, [3])
  await clock.pass(1)
  t.strictSame(triedMs, [3, 13])
  pace.stop()
  await turning
  t.equal(clock.alarms, 0)
})

t.test("whoever is always in a hurry lets time pass all the same", async (t) => {
  const { clock, pace, triedMs, turn } = pacing({ firstMs: 4, mostMs: 64 })
  const turning = turn(true)
  await clock.pass(1000)
  t.strictSame(triedMs.slice(0, 4), [0, 4, 8, 12])
  t.equal(triedMs.length, 251)
  pace.stop()
  await turning
})

t.test("a wait ends with its limit, and with its signal; then no listener is left", async (t) => {
  const { clock, pace } = pacing({ firstMs: 100 })
  const controller = new AbortController()
  const { signal } = controller
  const limited = pace.wait({ limitMs: 7, signal })
  await clock.pass(7)
  t.equal(await limited, true)
  const aborted = pace.wait({ signal })
  controller.abort()
  t.equal(await aborted, false)
  t.equal(await pace.wait({ signal }), false)
  t.equal(getEventListeners(signal, "abort").length, 0)
  t.equal(clock.alarms, 0)
  pace.stop()
  t.equal(await pace.wait(), false)
})
