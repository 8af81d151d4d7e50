import t from "tap"
import { pause } from "../../src/time/within.js"
import { FastForwardClock } from "../../src/worker/fast-forward-clock.js"
import { warmedUpOnce, warmUp } from "../../src/worker/warm-up.js"

t.test("a rehearsal has three reigns, each answered under a higher term", async (t) => {
  const terms = await warmUp()
  t.equal(terms.length, 3)
  t.ok(
    terms.every((term, n) => term > (terms[n - 1] ?? 0)),
    `${terms}`,
  )
})

t.test("a rehearsal leaves nothing behind in its process", async (t) => {
  const before = process.getActiveResourcesInfo().toSorted()
  await warmUp()
  t.strictSame(process.getActiveResourcesInfo().toSorted(), before)
})

t.test("a process rehearses once", async (t) => {
  t.equal(warmedUpOnce(), warmedUpOnce())
  t.equal(await warmedUpOnce(), undefined)
})

t.test("hurried time passes in order, and only while there is something to wait for", async (t) => {
  const clock = new FastForwardClock(10_000)
  const woken: string[] = []
  clock.after(3000, () => woken.push("later"))
  clock.after(1000, () => woken.push("first"))
  clock.after(2000, () => woken.push("never"))()
  await clock.during(pause(clock, 4000))
  t.strictSame(woken, ["first", "later"])
  t.equal(clock.now().monoMs, 4000)
})

t.test("what hangs ends with hurried time", async (t) => {
  const clock = new FastForwardClock(50)
  await t.rejects(clock.during(new Promise(() => {})), { message: "not over after 50 ms" })
})

t.test("what fails in hurried time fails with its own error", async (t) => {
  const clock = new FastForwardClock(50)
  await t.rejects(clock.during(Promise.reject(new Error("broken"))), { message: "broken" })
})
