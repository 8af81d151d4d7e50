import t from "tap"
import type { Line } from "./history.js"
import { judge } from "./judge.js"

/** A made-up history: `at who what …` with the rest of the line as given. */
const line = (at: number, who: string, rest: object) => ({ at, who, ...rest }) as Line
const acts = (at: number, who: string, term: number) => line(at, who, { what: "acts", term })
const ends = (at: number, who: string, term: number, reason = "lease over") =>
  line(at, who, { what: "ends", term, reason })
const asked = (at: number, request: string, idempotent = false) =>
  line(at, "client", { what: "asked", request, idempotent })
const answered = (at: number, request: string, term: number, by = "a") =>
  line(at, "client", { what: "answered", request, term, by })
const failed = (at: number, request: string, code: string, message = code) =>
  line(at, "client", { what: "failed", request, code, message })
const replied = (at: number, by: string, inbox: string, term: number, status?: number) =>
  line(at, "observer", { what: "replied", by, inbox, term, ...(status && { status }) })
const claimed = (at: number, by: string, term: number, revision: number) =>
  line(at, "observer", { what: "claimed", by, id: by, term, revision, released: false, heirs: [] })

const breaches = (...lines: Line[]) => judge(lines).breaches

const wellBehaved = [
  acts(1, "a", 4),
  acts(9, "a", 4),
  ends(10, "a", 4),
  acts(11, "b", 7),
  acts(20, "b", 7),
]

t.test("a reign after another, each with its signal, is as it should be", (t) => {
  t.strictSame(breaches(...wellBehaved), [])
  t.match(judge(wellBehaved).reigns, [
    { who: "a", term: 4, firstMs: 1, lastMs: 9, endedMs: 10 },
    { who: "b", term: 7, firstMs: 11, lastMs: 20 },
  ])
  t.end()
})

t.test("two members that act at the same time are two leaders", (t) => {
  t.match(breaches(acts(1, "a", 4), acts(5, "b", 7), ends(5.5, "a", 4), acts(6, "a", 4)), [
    /two leaders: b in term 7 acts 1.0 ms before a in term 4 has ceased/,
    /signal: b in term 7 acts, and the signal of a in term 4 fires 0.5 ms later/,
    /a in term 4 acts 0.5 ms after its signal fired/,
  ])
  t.end()
})

t.test("a request that is answered counts as acting", (t) => {
  const late = line(12, "a", { what: "answers", term: 4, request: "1" })
  t.match(breaches(...wellBehaved, late), [/two leaders/, /after its signal fired/])
  t.end()
})

t.test("a reign inside another one is found, whoever comes between", (t) => {
  const long = [acts(1, "a", 4), acts(30, "a", 4), ends(31, "a", 4)]
  const short = [acts(5, "b", 5), ends(6, "b", 5), acts(10, "c", 6), ends(11, "c", 6)]
  t.equal(breaches(...long, ...short).filter((text) => /two leaders/.test(text)).length, 2)
  t.end()
})

t.test("a later reign under the same term or a lower one is a breach", (t) => {
  t.match(breaches(acts(1, "a", 4), ends(2, "a", 4), acts(3, "b", 4)), [/terms: b in term 4/])
  t.match(breaches(acts(1, "a", 4), ends(2, "a", 4), acts(3, "b", 3)), [/terms: b in term 3/])
  t.end()
})

t.test("after the bucket was wiped terms begin anew, and still nobody overlaps", (t) => {
  const wiped = line(2.5, "bucket", { what: "wiped" })
  t.strictSame(breaches(acts(1, "a", 40), ends(2, "a", 40), wiped, acts(3, "b", 2)), [])
  t.match(breaches(acts(1, "a", 40), wiped, acts(3, "b", 2), acts(4, "a", 40), ends(5, "a", 40)), [
    /two leaders/,
    /signal/,
  ])
  // Its terms can be the same, and it answers what was held before anybody notes that it leads.
  const again = [acts(4, "a", 4), line(5, "a", { what: "begins", term: 4 }), acts(6, "a", 4)]
  t.strictSame(breaches(acts(1, "a", 4), wiped, ends(3, "a", 4), ...again, ends(7, "a", 4)), [])
  t.match(breaches(acts(1, "a", 4), ends(3, "a", 4), ...again), [/acts 3.0 ms after its signal/])
  t.end()
})

t.test("a signal that fires after another acts is too late, or never", (t) => {
  t.match(breaches(acts(1, "a", 4), acts(3, "b", 7), ends(4, "a", 4)), [
    /signal: b in term 7 acts, and the signal of a in term 4 fires 1.0 ms later/,
  ])
  t.match(breaches(acts(1, "a", 4), acts(3, "b", 7)), [/fires never/])
  t.end()
})

t.test("the dead fire no signals, but only if they died before", (t) => {
  const killed = (at: number) => line(at, "a", { what: "killed" })
  t.strictSame(breaches(acts(1, "a", 4), killed(2), acts(3, "b", 7)), [])
  t.match(breaches(acts(1, "a", 4), acts(3, "b", 7), killed(4)), [/fires never/])
  t.end()
})

t.test("a frozen member hears its signal before it does anything else", (t) => {
  const frozen = [acts(1, "a", 4), line(2, "a", { what: "frozen" }), acts(5, "b", 7)]
  const thawed = line(9, "a", { what: "thawed" })
  t.strictSame(breaches(...frozen, thawed, ends(10, "a", 4)), [])
  t.strictSame(breaches(...frozen), [], "nothing is known of one that is still frozen")
  t.match(breaches(...frozen, thawed, acts(9.5, "a", 4), ends(10, "a", 4)), [
    /two leaders/,
    /a, who had stood still, acts before its signal of 4 fires/,
  ])
  const other = line(9.5, "a", { what: "begins", term: 9 })
  t.match(breaches(...frozen, thawed, other, ends(10, "a", 4)), [/signal: a, who had stood still/])
  t.match(
    breaches(acts(1, "a", 4), frozen[1] as Line, thawed, acts(12, "b", 7), ends(13, "a", 4)),
    [/fires 1.0 ms later/],
  )
  t.end()
})

t.test("so does one whose event loop was blocked", (t) => {
  const blocked = [acts(1, "a", 4), acts(500, "b", 7)]
  const stalled = line(801, "a", { what: "stalled", fromMs: 2, cpuMs: 0 })
  t.strictSame(breaches(...blocked, ends(800, "a", 4), stalled), [])
  const early = line(400, "a", { what: "stalled", fromMs: 2, cpuMs: 0 })
  t.match(breaches(...blocked, early, ends(800, "a", 4)), [/fires 300.0 ms later/])
  t.end()
})

t.test(
  "announced claims have terms that never fall as revisions rise, and a term has one holder",
  (t) => {
    t.strictSame(breaches(claimed(1, "a", 4, 4), claimed(2, "a", 4, 6), claimed(3, "b", 7, 7)), [])
    t.strictSame(breaches(claimed(2, "b", 7, 7), claimed(3, "a", 4, 6)), [], "heard out of order")
    t.match(breaches(claimed(1, "a", 4, 4), claimed(2, "b", 7, 7), claimed(3, "a", 4, 9)), [
      /claims/,
    ])
    t.match(breaches(claimed(1, "a", 4, 4), claimed(2, "b", 4, 7)), [/claims/])
    const wiped = line(2, "bucket", { what: "wiped" })
    t.strictSame(breaches(claimed(1, "a", 40, 40), wiped, claimed(3, "b", 2, 2)), [])
    t.end()
  },
)

t.test("one request, one reply; a failure is a reply too", (t) => {
  t.strictSame(breaches(replied(1, "a", "i1", 4), replied(2, "a", "i2", 4)), [])
  t.match(breaches(replied(1, "a", "i1", 4), replied(2, "b", "i1", 7)), [
    /reply to the same request/,
  ])
  t.match(breaches(replied(1, "b", "i1", 7), replied(2, "a", "i1", 4, 409)), [/one answer/])
  t.end()
})

t.test("a requester takes no answer of the past", (t) => {
  const good = [asked(1, "1"), asked(1, "2"), answered(2, "1", 4), answered(3, "2", 7)]
  t.strictSame(breaches(...good), [])
  t.match(breaches(asked(1, "1"), asked(1, "2"), answered(2, "1", 7), answered(3, "2", 4)), [
    /takes an answer of a in term 4 after one in term 7/,
  ])
  t.end()
})

t.test("each request ends once, and not in silence", (t) => {
  t.match(breaches(asked(1, "1")), [/request 1 never ends/])
  t.match(breaches(asked(1, "1"), answered(2, "1", 4), answered(3, "1", 4)), [/ends twice/])
  t.match(breaches(asked(1, "1"), failed(2, "1", "timeout")), [/fails: timeout/])
  t.match(breaches(asked(1, "1"), failed(2, "1", "no-leader")), [/fails: no-leader/])
  t.strictSame(breaches(asked(1, "1"), failed(2, "1", "connection-lost")), [])
  t.match(breaches(asked(1, "1", true), failed(2, "1", "leader-changed")), [/1, idempotent, fails/])
  t.end()
})

t.test("a request that may have been done says so, and how late is counted", (t) => {
  const verdict = judge([
    claimed(1, "a", 4, 4),
    asked(2, "1"),
    claimed(10, "b", 7, 7),
    failed(35, "1", "leader-changed"),
    asked(36, "2"),
    answered(37, "2", 7),
  ])
  t.strictSame(verdict.breaches, [])
  t.match(verdict, { answered: 1, unknown: 1, unknownAfterMs: [25] })
  t.end()
})

t.test(
  "an event loop that stands still and burns CPU spins; a starved or frozen one doesn't",
  (t) => {
    const stalled = (who: string, ms: number, cpuMs: number) =>
      line(100 + ms, who, { what: "stalled", fromMs: 100, cpuMs })
    t.strictSame(breaches(stalled("a", 60_000, 20), stalled("clients", 9000, 900)), [])
    t.match(breaches(stalled("clients", 5985, 5800)), [
      "no spin: clients lets go of nothing for 5985.0 ms, of which it burns 5800.0 ms",
    ])
    t.match(breaches(stalled("a", 1500, 1001)), [/no spin: a /])
    const { still } = judge([stalled("a", 40, 9), stalled("a", 70, 3), stalled("b", 50, 50)])
    t.strictSame(still, [
      { who: "a", ms: 70, cpuMs: 3 },
      { who: "b", ms: 50, cpuMs: 50 },
    ])
    t.end()
  },
)

const wrote = (write: string, from: number, to: number, over: number, revision?: number) => [
  line(from, "a", { what: "writing", write, kind: "renewal", over, by: "a", nonce: "n", lease: 2 }),
  line(to, "a", { what: "wrote", write, result: revision ? "ok" : "unknown", revision }),
]

t.test("writes of the claim that are as one after another are as they should be", (t) => {
  const late = wrote("3", 5, 9, 12, 14)
  t.strictSame(breaches(...wrote("1", 1, 2, 0, 11), ...wrote("2", 2, 6, 11, 12), ...late), [])
  t.strictSame(breaches(...wrote("1", 1, 2, 11), ...wrote("2", 3, 4, 11, 12)), [])
  t.end()
})

t.test(
  "two writes over the same revision, or in another order than they were done, are found",
  (t) => {
    const [one, two] = [wrote("1", 1, 2, 11, 12), wrote("2", 3, 4, 11, 13)]
    t.match(breaches(...one, ...two), [/renewal of a at revision 13 and .* 12 are both over 11/])
    const past = [...wrote("1", 1, 2, 12, 13), ...wrote("2", 3, 4, 11, 12)]
    t.match(breaches(...past), [/at revision 13 had returned before one of a lower revision/])
    t.match(breaches(...wrote("1", 1, 2, 13, 12)), [/at revision 12 is not above 13/])
    const firsts = [...wrote("1", 1, 2, 0, 11), ...wrote("2", 4, 5, 0, 12)]
    t.match(breaches(...firsts), [/at revision 12 and .* 11 are both over 0/])
    t.strictSame(breaches(...firsts, line(3, "bucket", { what: "emptied" })), [])
    const expired = [...wrote("1", 1, 2, 0, 11), ...wrote("2", 4, 7, 0, 12)]
    t.strictSame(breaches(...expired), [], "three leases after the last call nothing is left")
    t.end()
  },
)
