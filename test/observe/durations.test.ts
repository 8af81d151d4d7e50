import t from "tap"
import { Durations } from "../../src/observe/durations.js"

t.test("each falls into the first bucket that holds it, bounds included", async (t) => {
  const durations = new Durations([1, 10, 100])
  t.strictSame(durations.cumulative(), [0, 0, 0, 0])
  for (const ms of [0, 1, 1.01, 10, 99, 100, 101, 5000]) durations.note(ms)
  t.strictSame(durations.cumulative(), [2, 4, 6, 8])
  t.equal(durations.sumMs, 5312.01)
})
