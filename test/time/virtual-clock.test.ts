import t from "tap"
import { VirtualClock } from "../../src/time/virtual-clock.js"
import { pause } from "../../src/time/within.js"

t.test("time passes in order, and only while there is something to wait for", async (t) => {
  const clock = new VirtualClock(0)
  const startMs = clock.now().monoMs
  const woken: string[] = []
  clock.after(3000, () => woken.push("later"))
  clock.after(1000, () => woken.push("first"))
  clock.after(2000, () => woken.push("never"))()
  await clock.during(pause(clock, 4000), 10_000)
  t.strictSame(woken, ["first", "later"])
  t.equal(clock.now().monoMs - startMs, 4000)
})

t.test("what hangs ends with the time that it is given", async (t) => {
  const clock = new VirtualClock(0)
  await t.rejects(clock.during(new Promise(() => {}), 50), { message: "not over after 50 ms" })
})

t.test("what fails fails with its own error", async (t) => {
  const clock = new VirtualClock(0)
  await t.rejects(clock.during(Promise.reject(new Error("broken")), 50), { message: "broken" })
})
