import t from "tap"
import { isTooFar, leaseForTrip, timingsAt, tooFar } from "../../src/lease/distance.js"
import { timingsOf } from "../../src/lease/timings.js"

const ONE = timingsOf()
const THREE = timingsOf({ replicas: 3 })

t.test("near the bucket nothing changes", async (t) => {
  t.strictSame(timingsAt(0.3, ONE), ONE)
  t.strictSame(timingsAt(12, ONE), ONE)
  t.strictSame(timingsAt(70, THREE), THREE)
})

t.test("far from it one in the line has as long as its claim takes to be heard of", async (t) => {
  t.strictSame(timingsAt(50, ONE), { ...ONE, stepMs: 200 })
  t.equal(timingsAt(200, THREE).stepMs, 800)
  t.equal(timingsAt(2000, ONE).stepMs, ONE.leaseMs / 3, "no longer than a third of a lease")
  const short = timingsOf({ leaseMs: 200, renewMs: 50 })
  t.equal(timingsAt(2000, short).stepMs, 200 / 3)
})

t.test("a lease is too short where a renewal has no time for three answers", async (t) => {
  t.equal(tooFar(166, ONE), undefined)
  t.equal(
    tooFar(200, ONE),
    "the bucket answers after 200 ms, and a renewal has 500 ms for three such answers: a reign may be lost, or none begin; start all workers with --lease 2.5s (leaseMs) or longer",
  )
  t.equal(tooFar(200, THREE), undefined)
  t.ok(isTooFar(200, timingsOf({ leaseMs: 12_000, renewMs: 500 })), "whatever the lease")
})

t.test("the lease that is advised will do", async (t) => {
  for (const tripMs of [0.2, 41, 50, 200, 333, 999, 5000]) {
    for (const replicas of [1, 3]) {
      const leaseMs = leaseForTrip(tripMs, timingsOf({ replicas }))
      t.notOk(isTooFar(tripMs, timingsOf({ replicas, leaseMs })), `${tripMs}: ${leaseMs}`)
    }
  }
})
