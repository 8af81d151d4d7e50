import * as fc from "fast-check"
import t from "tap"
import { FAMILIES, type FamilyName, type Schedule, schedules, terrainOf } from "./schedule.js"
import { Timeline } from "./timeline.js"
import { run } from "./world.js"

function samples(family: FamilyName): Schedule[] {
  return fc.sample(schedules(FAMILIES[family]), { numRuns: 20, seed: 7 })
}

for (const family of Object.keys(FAMILIES) as FamilyName[]) {
  t.test(`a schedule of ${family} runs the same each time`, async (t) => {
    for (const schedule of samples(family)) {
      const once = await run(schedule, terrainOf(family), true)
      const again = await run(schedule, terrainOf(family), true)
      t.ok(once.trace.length > 0)
      t.strictSame(again, once)
    }
  })

  t.test(`all promises are settled between two steps of ${family}`, async (t) => {
    const { settle } = Timeline.prototype
    for (const schedule of samples(family)) {
      const counted = await run(schedule, terrainOf(family), true)
      // A turn of the event loop begins only when nothing is left in the queue of microtasks.
      Timeline.prototype.settle = () => new Promise(setImmediate)
      const waited = await run(schedule, terrainOf(family), true)
      Timeline.prototype.settle = settle
      t.strictSame(waited, counted)
    }
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
