import t from "tap"
import { ThreadStarts } from "../../src/threads/thread-starts.js"
import { ManualClock } from "../fixtures/manual-clock.js"

function starting() {
  const clock = new ManualClock()
  const starts = new ThreadStarts(clock)
  const shut = new Int32Array(starts.gate)
  const isShut = () => Atomics.load(shut, 0) === 1
  return { clock, starts, isShut }
}

t.test("the first that end in a minute are replaced at once, those after them later", async (t) => {
  const { clock, starts, isShut } = starting()
  for (let n = 0; n < 10; n += 1) {
    starts.ended()
    t.notOk(isShut(), `${n}`)
  }
  const waitsMs: number[] = []
  for (let n = 0; n < 8; n += 1) {
    const beganMs = clock.now().monoMs
    starts.ended()
    // The same wait does for several.
    starts.ended()
    while (isShut()) await clock.pass(50)
    waitsMs.push(clock.now().monoMs - beganMs)
  }
  t.strictSame(waitsMs, [100, 200, 400, 800, 1600, 3200, 5000, 5000])
  await clock.pass(60_000)
  starts.ended()
  t.notOk(isShut(), "and what is a minute old is forgotten")
  for (let n = 0; n < 10; n += 1) starts.ended()
  t.ok(isShut())
  await clock.pass(100)
  t.notOk(isShut())
})

t.test("threads that end all the time begin less than once in three seconds", async (t) => {
  const { clock, starts, isShut } = starting()
  let begun = 0
  const untilMs = 200_000
  while (clock.now().monoMs < untilMs) {
    if (isShut()) await clock.pass(50)
    else {
      begun += 1
      starts.ended()
    }
  }
  t.ok(begun < untilMs / 3_000, `${begun}`)
  starts.close()
})

t.test("when all is closed nobody stands still, and no timer is left", async (t) => {
  const { clock, starts, isShut } = starting()
  for (let n = 0; n < 11; n += 1) starts.ended()
  t.ok(isShut())
  starts.close()
  await clock.pass(0)
  t.notOk(isShut())
  t.equal(clock.alarms, 0)
})
