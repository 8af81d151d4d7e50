import t from "tap"
import { HOLDER_SHARE, holds, lapsesAt, leaseEnd, OTHERS_SHARE, remainingMs } from "../src/lease.js"

const sent = { monoMs: 1000, wallMs: 1_700_000_000_000 }
const later = (monoMs: number, wallMs = monoMs) => ({
  monoMs: sent.monoMs + monoMs,
  wallMs: sent.wallMs + wallMs,
})

t.test(
  "the holder counts on nine tenths from when it sent, others wait a twentieth longer than all of it",
  async (t) => {
    const end = leaseEnd(sent, 2000)
    t.ok(holds(end, later(1799)))
    t.notOk(holds(end, later(1800)))
    t.equal(remainingMs(end, later(300)), 1500)
    t.equal(lapsesAt(1000, 2000), 3100)
  },
)

t.test("clocks whose rates differ by 5% leave room between the two", async (t) => {
  t.ok(HOLDER_SHARE * 1.05 < OTHERS_SHARE / 1.05)
})

t.test("the clock by which more has passed decides", async (t) => {
  const end = leaseEnd(sent, 2000)
  t.notOk(holds(end, later(0, 1800)), "the monotonic clock stood still")
  t.notOk(holds(end, later(1800, 0)), "the wall clock was set back")
  t.equal(remainingMs(end, later(100, 700)), 1100)
})

t.test("nothing remains once it is over", async (t) => {
  t.equal(remainingMs(leaseEnd(sent, 2000), later(9000)), 0)
})
