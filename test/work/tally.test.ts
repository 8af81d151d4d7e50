import t from "tap"
import { Tally } from "../../src/work/tally.js"
import { ManualClock } from "../fixtures/manual-clock.js"

t.test("counts what was done and what failed, and for how long", async (t) => {
  const tally = new Tally(new ManualClock())
  tally.succeeded(2)
  tally.erred(4, "500: no luck")
  t.match(tally, { done: 1, failed: 1, ended: 2, processingMs: 6, lastError: "500: no luck" })
  t.equal(tally.startedMs, 1_700_000_000_000)
})

t.test("the median is that of the last 256 requests", async (t) => {
  const tally = new Tally(new ManualClock())
  t.equal(tally.p50Ms(), undefined)
  for (const ms of [30, 10, 20]) tally.succeeded(ms)
  t.equal(tally.p50Ms(), 20)
  for (let i = 0; i < 256; i++) tally.succeeded(i < 128 ? 1 : 5)
  t.equal(tally.p50Ms(), 5, "what came before is forgotten")
  t.equal(tally.ended, 259)
})
