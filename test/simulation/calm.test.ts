import t from "tap"
import { holdUp } from "./hold-up.js"
import { run } from "./world.js"

t.test(
  "on a good network the next in line leads within a few messages, or a lease after an unseen death",
  (t) => holdUp(t, "calm"),
)

t.test("the server knows nothing any more of one that died while it left", async (t) => {
  const step = { span: 0, variant: 0 } as const
  const { breach, reigns } = await run(
    {
      seed: 907_045_428,
      timings: 0,
      rates: [0, 0, 0],
      delay: 1,
      loss: 0,
      stale: 0,
      strategy: 0,
      steps: [
        // The word that it listens no more is lost with it.
        { ...step, gap: 103, kind: "leave", who: 1 },
        { ...step, gap: 0, kind: "crash-unseen", who: 4, variant: 1 },
        // It is still in the line, and nobody may wait for it.
        { ...step, gap: 391, kind: "resign", who: 0 },
        { ...step, gap: 321, kind: "join", who: 0 },
      ],
    },
    { isCalm: true },
  )
  t.equal(breach, undefined)
  t.equal(reigns, 2)
})
