import t from "tap"
import { ELECTION_MS } from "../../src/doctor/cluster-checks.js"
import { BadInput } from "../../src/errors/errors.js"
import { HOLDER_SHARE } from "../../src/lease/lease.js"
import { timingsOf } from "../../src/lease/timings.js"

t.test("the defaults: a change of them shows here", async (t) => {
  t.strictSame(timingsOf(), {
    replicas: 1,
    leaseMs: 2000,
    renewMs: 500,
    memberTtlMs: 6000,
    beatMs: 2000,
    stepMs: 50,
    coldStartMs: 150,
  })
  t.match(timingsOf({ replicas: 3 }), {
    leaseMs: 12_000,
    renewMs: 1000,
    memberTtlMs: 36_000,
    stepMs: 300,
  })
})

t.test(
  "timings that cannot work are refused, with what was expected and what was got",
  async (t) => {
    for (const options of [
      { leaseMs: 199 },
      { leaseMs: 3_600_001 },
      { leaseMs: Number.NaN },
      { leaseMs: 1000, renewMs: 251 },
      { renewMs: 0 },
      { renewMs: 9 },
      { replicas: 2 },
    ])
      t.throws(() => timingsOf(options), BadInput, JSON.stringify(options))
    t.throws(
      () => timingsOf({ leaseMs: 1000, renewMs: 300 }),
      /10 ms to a quarter of the lease \(250 ms\), got 300/,
    )
  },
)

t.test("three renewals may fail before the holder stops counting on its lease", async (t) => {
  const { leaseMs, renewMs } = timingsOf()
  t.ok(3 * renewMs < leaseMs * HOLDER_SHARE)
})

t.test("on replicas a leader outlasts an election of servers, and a try that met nobody", (t) => {
  for (const replicas of [3, 5]) {
    const { leaseMs, renewMs } = timingsOf({ replicas })
    const sureMs = leaseMs * HOLDER_SHARE - renewMs
    const [aTry, longestPause] = [renewMs / 3, 250]
    t.ok(sureMs > ELECTION_MS.most + aTry + longestPause)
  }
  t.end()
})
