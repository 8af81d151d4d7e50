import t from "tap"
import { linesOf, Score } from "../../../src/commands/terminal/score.js"

t.test("a score tells who did how much, and how fast", async (t) => {
  const score = new Score()
  for (let n = 1; n <= 100; n += 1) score.answer(n % 4 ? "a" : "b", n / 10)
  score.failure(new Error("no disk"))
  t.equal(score.done, 101)
  const scored = score.after(0.5)
  t.strictSame(scored, {
    ...{ answered: 100, failed: 1, seconds: 0.5, perSecond: 200 },
    ...{ medianMs: 5.1, p99Ms: 10, longestMs: 10 },
    ...{ workers: { a: 75, b: 25 }, errors: { "no disk": 1 } },
  })
  t.strictSame(linesOf(scored), [
    "100 answers in 0.5 s, 200/s: a 75, b 25; median 5.1 ms, p99 10 ms, longest 10 ms",
    "1 failed: no disk",
  ])
})

t.test("of more answers than it keeps it has a fair sample, and the longest of all", async (t) => {
  let turn = 0
  const score = new Score(() => (turn++ % 1000) / 1000)
  for (let n = 0; n < 100_000; n += 1) score.answer("a", 1)
  for (let n = 0; n < 200_000; n += 1) score.answer("a", n === 7 ? 500 : 9)
  const { answered, medianMs, longestMs } = score.after(1)
  t.strictSame([answered, medianMs, longestMs], [300_000, 9, 500])
})

t.test("reasons without end are told apart only so far", async (t) => {
  const score = new Score()
  for (let n = 0; n < 100; n += 1) score.failure(new Error(`request ${n}`))
  const { errors } = score.after(1)
  t.equal(Object.keys(errors).length, 21)
  t.equal(errors["other reasons"], 80)
})
