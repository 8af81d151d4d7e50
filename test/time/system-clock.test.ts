import { mock } from "node:test"
import t from "tap"
import { systemClock } from "../../src/time/system-clock.js"

const LONGEST_MS = 2 ** 31 - 1

t.test("a wait that no timer holds is waited for in parts, and can be ended in each", async (t) => {
  mock.timers.enable({ apis: ["setTimeout"] })
  t.teardown(() => mock.timers.reset())
  let woken = 0
  systemClock.after(2 * LONGEST_MS + 5, () => {
    woken += 1
  })
  const cancel = systemClock.after(Number.POSITIVE_INFINITY, () => t.fail("it was ended"))
  mock.timers.tick(LONGEST_MS)
  mock.timers.tick(LONGEST_MS)
  cancel()
  mock.timers.tick(4)
  t.equal(woken, 0)
  mock.timers.tick(1)
  t.equal(woken, 1)
  mock.timers.tick(LONGEST_MS)
  t.equal(woken, 1)
})
