import t from "tap"
import { holdUp } from "./hold-up.js"
import { run } from "./world.js"

t.test(
  "the seat handed on again and again, among members that do not hear each other: one leader at most",
  (t) => holdUp(t, "changes"),
)

t.test("who gave up the seat is done with that, though it comes back meanwhile", async (t) => {
  const step = { gap: 0, who: 0, span: 0, variant: 0 } as const
  // b takes the seat and hands it back before a has heard that it was taken.
  const { breach, reigns } = await run({
    seed: 1,
    timings: 0,
    rates: [0, 0, 0],
    delay: 0,
    loss: 0,
    stale: 0,
    strategy: 0,
    steps: [
      { ...step, gap: 364, kind: "hand-over", who: 4 },
      { ...step, gap: 1, kind: "deaf", who: 2, span: 7 },
      { ...step, gap: 3, kind: "hand-over" },
      { ...step, gap: 4, kind: "hand-over" },
    ],
  })
  t.equal(breach, undefined)
  t.equal(reigns, 4)
})
