import t from "tap"
import { heard, ticked } from "../../../src/dashboard/world/pool.js"
import { nextInLine, rowsOf } from "../../../src/dashboard/world/rows.js"
import { history } from "../../../src/dashboard/world/sentences.js"
import type { PoolEvent } from "../../../src/dashboard/world/source.js"
import { aged, at, CAUGHT_UP, claimed, lines, member, NOON, seen, told } from "./make.js"

process.env.TZ = "UTC"

const B_LATER = { start: (NOON - 30_000) * 1000 }

t.test(
  "rows stand in the order of start times, whatever the order they were heard in",
  async (t) => {
    const pool = told([0, seen("b", B_LATER)], [0, seen("a")], [0, CAUGHT_UP])
    const rows = rowsOf(pool, at(1))
    t.strictSame(
      rows.map(({ name, place }) => [name, place]),
      [
        ["a", 1],
        ["b", 2],
      ],
    )
    t.equal(rows[0]?.uptimeMs, 61_000)
  },
)

t.test(
  "for how long it has led is told by the server's clock, not by this machine's",
  async (t) => {
    const serverMs = NOON + 3_600_000
    const since = new Date(serverMs - 45_000).toISOString()
    const claim = { ...claimed("a", 7, { since }), writtenMs: serverMs }
    const { reigns } = told([0, seen("a")], [0, claim as PoolEvent], [0, CAUGHT_UP])
    t.equal(reigns.current?.fromMonoMs, -45_000)
  },
)

t.test("who was there before us is told with its own start, in the order of time", async (t) => {
  const since = new Date(NOON - 45_000).toISOString()
  const pool = told(
    [0, seen("a")],
    [0, seen("b", B_LATER)],
    [0, claimed("a", 7, { since })],
    [0, CAUGHT_UP],
  )
  t.strictSame(
    pool.log.entries.map(({ number, name, text, wallMs }) => [number, wallMs - NOON, name, text]),
    [
      [1, -60_000, "a", "joined"],
      [2, -45_000, "a", "leads, term 7"],
      [3, -30_000, "b", "joined"],
    ],
  )
})

t.test("who joins later is told with the place in line", async (t) => {
  const pool = told([0, seen("a")], [0, CAUGHT_UP], [3, seen("b", { start: (NOON + 3000) * 1000 })])
  t.equal(lines(pool).at(-1), "b joined, 2nd in line")
  t.strictSame(pool.log.entries.at(-1)?.figures, { place: 2 })
})

t.test("a renewal says nothing and changes nothing but the lease", async (t) => {
  const before = told([0, seen("a")], [0, CAUGHT_UP])
  const after = heard(before, seen("a"), at(2))
  t.equal(after.log, before.log)
  t.equal(after.members.line, before.members.line)
  t.equal(rowsOf(before, at(2))[0]?.leaseMs, 4000)
  t.equal(rowsOf(after, at(2))[0]?.leaseMs, 6000)
})

t.test("a lease is never less than nothing, nor more than all", async (t) => {
  const pool = told([5, seen("a")], [5, CAUGHT_UP])
  t.match(rowsOf(pool, at(15))[0], { leaseMs: 0, leaseShare: 0 })
  t.match(rowsOf(pool, at(2))[0], { leaseMs: 6000, leaseShare: 1 }, "a paused screen looks back")
})

t.test(
  "the role is leader while the lease holds, and next goes to the first heir still there",
  async (t) => {
    const heirs = ["gone", "b", "c"].map((name) => ({ key: name, id: `id-${name}` }))
    const pool = told(
      [0, seen("a")],
      [0, seen("b", B_LATER)],
      [0, claimed("a", 7, { heirs })],
      [0, CAUGHT_UP],
    )
    const roles = (second: number) => rowsOf(pool, at(second)).map(({ role }) => role)
    t.strictSame(roles(2), ["leader", "next"])
    t.strictSame(roles(2.099), ["leader", "next"])
    t.strictSame(roles(2.1), ["", "next"], "1.05 leases after the last renewal we saw nobody leads")
    t.equal(nextInLine(pool), "id-b")
  },
)

t.test("a state is told when it changes, in words", async (t) => {
  const busy = { done: 1, failed: 0, busy: 2 }
  const pool = told(
    [0, seen("a", { state: "starting" })],
    [0, CAUGHT_UP],
    [1, seen("a")],
    [2, seen("a", { state: "paused" })],
    [3, seen("a")],
    [4, seen("a", { state: "draining", counters: busy })],
  )
  t.strictSame(lines(pool), [
    "a joined",
    "a paused, takes no work",
    "a takes work again",
    "a asked to stop, finishing 2",
  ])
})

t.test("a member that falls silent is told once, and again when it is heard of", async (t) => {
  const quiet = aged(told([0, seen("a")], [0, CAUGHT_UP]), 0, 5)
  t.equal(rowsOf(quiet, at(5))[0]?.state, "silent")
  t.strictSame(lines(quiet).slice(1), ["a silent for 3.0s"])
  const back = heard(quiet, seen("a"), at(5.5))
  t.equal(rowsOf(back, at(5.5))[0]?.state, "ready")
  t.equal(lines(back).at(-1), "a heard of again")
})

t.test("nobody is blamed for the time in which the screen itself stood still", async (t) => {
  const pool = aged(told([0, seen("a")], [0, claimed("a", 7)], [0, CAUGHT_UP]), 0, 1)
  const woken = ticked(pool, at(20))
  t.strictSame(lines(woken), lines(pool))
  t.match(rowsOf(woken, at(20))[0], { state: "ready", role: "leader" })
  t.strictSame(lines(aged(woken, 20, 23)).at(-1), "a silent for 3.0s", "but for what follows")
  const renewed = ticked(heard(pool, seen("a"), at(20)), at(20))
  t.equal(lines(aged(renewed, 20, 23)).at(-1), "a silent for 3.0s", "and no longer than that")
})

t.test("how a member went is told, and its row stays for half a minute", async (t) => {
  const pool = told(
    [0, seen("a")],
    [0, seen("b", B_LATER)],
    [0, CAUGHT_UP],
    [0.5, { kind: "counters", counters: new Map([["id-a", counters(5)]]) }],
    [1, { kind: "left", id: "id-a", how: "killed" }],
    [2, { kind: "left", id: "id-b", how: "evicted", why: "out of memory" }],
    [3, { kind: "left", id: "id-b", how: "left" }],
  )
  t.strictSame(lines(pool).slice(2), ["a killed", "b evicted by its supervisor: out of memory"])
  const rows = rowsOf(pool, at(11))
  t.strictSame(
    rows.map(({ name, state, place, ended, done }) => [name, state, place, ended, done]),
    [
      ["b", "gone", undefined, { how: "evicted", agoMs: 9000 }, 0],
      ["a", "gone", undefined, { how: "killed", agoMs: 10_000 }, 5],
    ],
  )
  t.equal(rowsOf(aged(pool, 3, 31), at(31)).length, 1)
  t.equal(rowsOf(aged(pool, 3, 32), at(32)).length, 0)
})

t.test("a member that comes back under its id is one row, not two", async (t) => {
  const pool = told(
    [0, seen("a")],
    [0, CAUGHT_UP],
    [7, { kind: "left", id: "id-a", how: "expired" }],
    [9, seen("a")],
  )
  t.strictSame(
    rowsOf(pool, at(9)).map(({ state }) => state),
    ["ready"],
  )
})

t.test("a new leader is told with the time nobody led, if we saw the last one go", async (t) => {
  const pool = told(
    [0, claimed("a", 7)],
    [0, seen("a")],
    [0, CAUGHT_UP],
    [1, { kind: "left", id: "id-a", how: "killed" }],
    [1.011, claimed("b", 9)],
  )
  t.equal(lines(pool).at(-1), "b leads, term 9, after 11ms")
  t.equal(
    history(pool.reigns, true, at(2).monoMs),
    "a led 11s and was killed; nobody led for 11ms; b leads since 12:00:01",
  )
})

t.test(
  "a claim that comes before the news of the death has no such figure, unless we killed",
  async (t) => {
    const before = told([0, claimed("a", 7)], [0, seen("a")], [0, CAUGHT_UP])
    const after = (killed?: number) => heard(before, claimed("b", 9), at(1), killed)
    t.equal(lines(after()).at(-1), "b leads, term 9")
    t.equal(lines(after(991)).at(-1), "b leads, term 9, after 9.0ms")
    const told2 = heard(after(), { kind: "left", id: "id-a", how: "killed" }, at(1.004))
    t.equal(
      history(told2.reigns, true, at(2).monoMs),
      "a led 11s and was killed; b leads since 12:00:01",
      "the death that is told a moment later was the cause",
    )
  },
)

t.test("a leader whose lease ran out is said to have fallen silent", async (t) => {
  const pool = told([0, claimed("a", 7)], [0, CAUGHT_UP], [2.12, claimed("b", 9)])
  t.equal(lines(pool).at(-1), "b leads, term 9: a fell silent")
  t.match(history(pool.reigns, true, 3000), /a led 12s and fell silent; nobody led for 120ms/)
})

t.test("a renewal and a new revision of the same reign are not a new leader", async (t) => {
  const pool = told(
    [0, claimed("a", 7)],
    [0, CAUGHT_UP],
    [0.5, claimed("a", 7)],
    [1, claimed("a", 7)],
  )
  t.equal(lines(pool).length, 1)
  t.equal(pool.reigns.past.length, 0)
})

t.test("a release says who gave up and why; then nobody leads", async (t) => {
  const released = { at: "", by: "a", reason: "stopping" }
  const pool = told([0, claimed("a", 7)], [0, CAUGHT_UP], [1, claimed("a", 7, { released })])
  t.equal(lines(pool).at(-1), "a gave up leading: stopping")
  t.equal(
    history(pool.reigns, false, at(4).monoMs),
    "a led 11s and gave up: stopping; nobody leads for 3s",
  )
})

t.test(
  "a claim that vanishes is told; the same claim again is told as leading again",
  async (t) => {
    const pool = told(
      [0, claimed("a", 7)],
      [0, CAUGHT_UP],
      [1, { kind: "claim", standing: undefined }],
    )
    t.equal(lines(pool).at(-1), "a led, but its claim is gone from the bucket")
    t.equal(lines(heard(pool, claimed("a", 12), at(3))).at(-1), "a leads, term 12, after 2.0s")
  },
)

t.test("while the connection is down nothing is concluded from silence", async (t) => {
  const down = heard(
    told([0, seen("a")], [0, claimed("a", 7)], [0, CAUGHT_UP]),
    { kind: "connection", isUp: false, reason: "gone" },
    at(1),
  )
  const later = aged(down, 1, 30)
  t.strictSame(lines(later).slice(2), ["connection lost: gone"])
  const back = heard(later, { kind: "connection", isUp: true, roundTripMs: 0.5 }, at(31))
  t.equal(lines(back).at(-1), "connection back after 30s")
  const [row] = rowsOf(back, at(31))
  t.equal(row?.state, "ready")
  t.equal(row?.role, "leader", "its lease did not run down while we could not see")
  t.equal(row?.leaseMs, 5000)
})

t.test("another round trip is no news", async (t) => {
  const pool = told([0, CAUGHT_UP], [1, { kind: "connection", isUp: true, roundTripMs: 0.7 }])
  t.strictSame(lines(pool), [])
  t.equal(pool.connection.roundTripMs, 0.7)
  t.equal(pool.connection.sinceMonoMs, 0)
})

t.test("an entry that can't be read is told once", async (t) => {
  const bad = { kind: "undecodable", key: "k", reason: "no id" } as const
  t.strictSame(lines(told([0, CAUGHT_UP], [1, bad], [2, bad])), ["entry k can't be read: no id"])
})

t.test("the log and the reigns keep the last of many", async (t) => {
  let pool = told([0, CAUGHT_UP])
  for (let n = 1; n <= 500; n++) pool = heard(pool, claimed(n % 2 ? "a" : "b", n), at(n))
  t.equal(pool.log.entries.length, 200)
  t.equal(pool.log.total, 500)
  t.equal(pool.log.entries.at(-1)?.number, 500)
  t.equal(pool.reigns.past.length, 200)
})

t.test("counters of the statistics come before those of the entry, which lag behind", async (t) => {
  const entry = { done: 3, failed: 0, busy: 9 }
  const pool = told(
    [0, seen("a", { counters: entry })],
    [
      1,
      { kind: "counters", counters: new Map([["id-a", { ...counters(5), busy: 1, p50Ns: 2e6 }]]) },
    ],
  )
  const [row] = rowsOf(pool, at(1))
  t.match(row, { done: 5, busy: 1, p50Ms: 2 })
  t.equal(
    rowsOf(told([0, { kind: "member", member: member("a", { counters: entry }) }]), at(0))[0]?.busy,
    9,
  )
})

function counters(done: number) {
  return { done, tracked: 0, failed: 0, busy: 0 }
}

t.test(
  "a member whose lead() goes on after its reign is shown so, and when it has returned",
  async (t) => {
    const lingering = { eligible: false, lingering: { term: 7 } }
    const lingers = seen("a", lingering)
    const before = told([0, seen("a")], [0, CAUGHT_UP], [1, lingers])
    t.equal(rowsOf(before, at(1))[0]?.state, "lingers")
    t.equal(lines(before).at(-1), "a may not lead: its lead() of term 7 has not returned")
    t.equal(heard(before, lingers, at(2)).log, before.log, "which is told once")
    const after = heard(before, seen("a"), at(3))
    t.equal(rowsOf(after, at(3))[0]?.state, "ready")
    t.equal(lines(after).at(-1), "a may lead again: its last lead() has returned")
    const paused = heard(before, seen("a", { ...lingering, state: "paused" }), at(3))
    t.equal(rowsOf(paused, at(3))[0]?.state, "paused", "what a key takes back")
  },
)
