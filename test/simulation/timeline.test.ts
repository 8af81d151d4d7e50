import t from "tap"
import { inThread } from "./in-thread.js"
import type { Repeated } from "./repeat-thread.js"
import { FAMILIES } from "./schedule.js"
import { Timeline } from "./timeline.js"

const THREAD = new URL("./repeat-thread.ts", import.meta.url)
const all = inThread<Repeated[]>(THREAD, undefined)

for (const name of Object.keys(FAMILIES)) {
  const repeated = async () => (await all).filter(({ family }) => family === name)

  t.test(`a schedule of ${name} runs the same each time`, async (t) => {
    for (const { once, again } of await repeated()) {
      t.ok(once.trace.length > 0)
      t.strictSame(again, once)
    }
  })

  t.test(`all promises are settled between two steps of ${name}`, async (t) => {
    for (const { once, inTurns } of await repeated()) t.strictSame(inTurns, once)
  })
}

t.test(
  "things due at the same instant happen in the order in which they were arranged",
  async (t) => {
    const timeline = new Timeline()
    const happened: string[] = []
    for (const [atMs, name] of [
      [5, "c"],
      [1, "a"],
      [5, "d"],
      [1, "b"],
    ] as const)
      timeline.at(atMs, () => happened.push(name))
    while (timeline.next(10));
    t.strictSame(happened, ["a", "b", "c", "d"])
    t.equal(timeline.nowMs, 10)
  },
)

t.test("what was cancelled does not happen", async (t) => {
  const timeline = new Timeline()
  timeline.at(1, () => t.fail("happened"))()
  t.equal(timeline.next(10), false)
})
