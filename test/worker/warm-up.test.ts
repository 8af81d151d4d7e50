import t from "tap"
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
