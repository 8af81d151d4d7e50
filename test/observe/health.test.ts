import t from "tap"
import { type Health, healthOf, leaderReport, readinessOf } from "../../src/observe/health.js"

const ready: Health = { state: "ready", isConnected: true, leaseMs: 2000 }
const leading = (remainingMs: number): Health => ({ ...ready, reign: { term: 7, remainingMs } })

t.test("a follower is healthy, whatever else it is", async (t) => {
  t.strictSame(healthOf(ready), { isGood: true, why: "does not lead" })
  t.ok(healthOf({ ...ready, isConnected: false }).isGood, "cut off")
  for (const state of ["starting", "paused", "draining"] as const) {
    t.ok(healthOf({ ...ready, state }).isGood, state)
  }
})

t.test("a leader is healthy until it has not renewed for half its lease", async (t) => {
  t.strictSame(healthOf(leading(1700)), {
    isGood: true,
    why: "leads in term 7, its lease is over in 1.7s",
  })
  t.ok(healthOf(leading(800)).isGood, "one renewal may be late")
  t.strictSame(healthOf(leading(700)), {
    isGood: false,
    why: "holds the claim of term 7 and could not renew it for 1.1s; its lease is over in 0.7s",
  })
})

t.test("who stood still longer than the lease says so", async (t) => {
  t.strictSame(healthOf({ ...ready, stalledMs: 5200 }), {
    isGood: false,
    why: "its event loop stood still for 5.2s, longer than the lease of 2.0s",
  })
})

t.test("ready is who joined, takes work, and is connected", async (t) => {
  t.strictSame(readinessOf(ready), { isGood: true, why: "ready" })
  for (const state of ["starting", "paused", "draining"] as const) {
    t.strictSame(readinessOf({ ...ready, state }), { isGood: false, why: state })
  }
  const why = "no jobs of queue send for 1.0s: no stream"
  t.strictSame(readinessOf({ ...ready, noJobs: why }), { isGood: false, why })
  const cut = readinessOf({ ...ready, isConnected: false })
  t.strictSame(cut, { isGood: false, why: "disconnected from the server" })
})

const claim = {
  ...{ key: "1.a", id: "A1", name: "a", nonce: "n", lease: 2000, heirs: [], strategy: "oldest" },
  ...{ reason: "a leads", since: "2026-01-01T00:00:00.000Z", term: 7 },
}

t.test("who leads is told with its term, and on itself with what is left", async (t) => {
  const news = { leader: { id: "A1", name: "a", term: 7 }, isSelf: true }
  const { since } = claim
  t.strictSame(leaderReport(news, { claim, revision: 9 }, 1499.6), {
    ...{ name: "a", id: "A1", term: 7, since, remainingMs: 1500 },
  })
  t.strictSame(
    leaderReport(
      { ...news, isSelf: false },
      { claim: { ...claim, term: 6 }, revision: 9 },
      undefined,
    ),
    { name: "a", id: "A1", term: 7 },
    "the claim of another reign says nothing of this one",
  )
})

t.test("that nobody leads is told with why and for how long, as far as known", async (t) => {
  const nobody = { leader: undefined, isSelf: false, nobodySinceMs: 1200.4, reason: "stopping" }
  t.strictSame(leaderReport(nobody, undefined, undefined), {
    nobodySinceMs: 1200,
    reason: "stopping",
  })
  t.strictSame(leaderReport(undefined, undefined, undefined), {})
})
