import t from "tap"
import { holdUp } from "./hold-up.js"
import { run } from "./world.js"

t.test(
  "the seat handed on again and again, among members that do not hear each other: one leader at most",
  (t) => holdUp(t, "changes"),
)

t.test("who gave up the seat is done with that, though it comes back meanwhile", async (t) => {
  const step = { gap: 0, who: 0, span: 0, variant: 0 } as const
  // b hands the seat to a, and gets it back before it has heard that a took it.
  const { breach, reigns } = await run({
    // None of these leads goes on after its reign.
    seed: 6,
    timings: 0,
    rates: [0, 0, 0],
    delay: 0,
    loss: 0,
    stale: 0,
    strategy: 0,
    steps: [
      { ...step, gap: 370, kind: "hand-over", who: 4 },
      { ...step, gap: 6, kind: "deaf", who: 2, span: 7 },
      { ...step, gap: 1, kind: "hand-over" },
      { ...step, gap: 8, kind: "hand-over" },
    ],
  })
  t.equal(breach, undefined)
  t.equal(reigns, 4)
})
