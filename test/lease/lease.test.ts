import t from "tap"
import {
  HOLDER_SHARE,
  holds,
  Lease,
  lapsesAt,
  leaseEnd,
  OTHERS_SHARE,
  remainingMs,
} from "../../src/lease/lease.js"

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

t.test("one who asks a lease hears of each renewal, and of the end of it", async (t) => {
  const lease = new Lease(sent, 2000)
  t.ok(lease.leads(later(1799)))
  t.notOk(lease.leads(later(1800)))
  t.ok(lease.hasLapsed(later(1800)))
  lease.renewed(later(500))
  t.ok(lease.leads(later(2299)))
  t.equal(lease.remainingMs(later(1800)), 500)
  lease.phase = "ending"
  t.notOk(lease.leads(later(1800)), "it takes nothing new")
  t.equal(lease.remainingMs(later(1800)), 500, "and may answer what it began")
  lease.phase = "over"
  t.equal(lease.remainingMs(later(1800)), 0)
  t.notOk(lease.hasLapsed(later(9000)), "it was given up before")
})
