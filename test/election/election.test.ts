import t from "tap"
import { claimOf, found, HeldElection, kinds, NOTHING, one } from "../fixtures/election.js"

const heirs = [
  { key: "key-first", id: "first" },
  { key: "key-me", id: "me" },
]
const led = { claim: claimOf("other", { heirs }), revision: 7 }

t.test(
  "with no claim at all it waits for others, ranks itself, looks again, and creates one",
  async (t) => {
    const it = new HeldElection()
    it.read(it.take({ type: "joined" }), NOTHING)
    t.strictSame(kinds(it.wake()), ["rank"])
    t.equal(it.monoMs, 150)
    t.strictSame(it.take({ type: "ranked", place: 2, veterans: false }), [])
    const looks = it.wake()
    t.equal(it.monoMs, 250, "two steps after having been ranked third")
    const claim = one(it.read(looks, NOTHING), "claim")
    t.equal(claim.over, 0)
    t.match(claim.claim, { id: "me", nonce: "mine-1", lease: 2000, term: undefined })
    t.strictSame(kinds(it.take({ type: "written", attempt: claim.attempt, revision: 3 })), [
      "lead",
      "announce",
    ])
    t.ok(it.leads)
    t.strictSame(it.election.reign, { id: "me", term: 3 })
  },
)

t.test(
  "a newcomer among members older than a lease waits one lease, though there is no claim",
  async (t) => {
    const it = new HeldElection()
    it.read(it.take({ type: "joined" }), NOTHING)
    it.wake()
    it.take({ type: "ranked", place: 0, veterans: true })
    it.wake()
    t.equal(it.monoMs, 150 + 2100)
  },
)

t.test("where a claim was deleted a newcomer waits one lease", async (t) => {
  const it = new HeldElection()
  it.read(it.take({ type: "joined" }), { kind: "none", revision: 8 })
  it.wake()
  it.take({ type: "ranked", place: 0, veterans: false })
  const claim = one(it.read(it.wake(), { kind: "none", revision: 8 }), "claim")
  t.equal(it.monoMs, 150 + 2100)
  t.equal(claim.over, 8, "over the mark that it saw")
})

t.test("a follower claims when a claim was not renewed for 1.05 leases, in its turn", async (t) => {
  const it = new HeldElection()
  it.read(it.take({ type: "joined" }), found(led))
  const looks = it.wake()
  t.equal(it.monoMs, 2100 + 50, "the second in line waits one step more")
  t.equal(one(it.read(looks, found(led)), "claim").over, 7)
})

t.test("a renewal that was missed starts the wait anew", async (t) => {
  const it = new HeldElection()
  it.read(it.take({ type: "joined" }), found(led))
  const looks = it.wake()
  t.strictSame(it.read(looks, found({ ...led, revision: 8 })), [])
  it.wake()
  t.equal(it.monoMs, 2150 + 2150)
})

t.test("a renewal that is heard while it looks keeps it from claiming", async (t) => {
  const it = new HeldElection()
  it.read(it.take({ type: "joined" }), found(led))
  const looks = it.wake()
  it.take({ type: "heard", found: found({ ...led, revision: 8 }) })
  t.strictSame(it.read(looks, found(led)), [], "and the read shows the past")
})

t.test(
  "an heir that is told claims at once, over the revision it was told or a newer one",
  async (t) => {
    for (const [told, known, over] of [
      [9, 7, 9],
      [7, 8, 8],
    ] as const) {
      const it = new HeldElection()
      it.read(
        it.take({ type: "joined" }),
        found({ claim: claimOf("other", { term: 5 }), revision: known }),
      )
      const word = { id: "other", term: 5, revision: told, reason: "stopping" }
      t.equal(one(it.take({ type: "word", word }), "claim").over, over)
    }
  },
)

t.test("an old word changes nothing", async (t) => {
  const it = new HeldElection()
  it.read(it.take({ type: "joined" }), found({ claim: claimOf("new"), revision: 9 }))
  const word = { id: "other", term: 5, revision: 7, reason: "stopping" }
  t.strictSame(it.take({ type: "word", word }), [])
})

t.test("one that may not lead neither takes a word nor waits for a turn", async (t) => {
  const it = new HeldElection({ mayLead: () => false })
  it.read(it.take({ type: "joined" }), found(led))
  t.equal(it.election.wakeAtMs, undefined)
  t.strictSame(
    it.take({ type: "word", word: { id: "other", term: 7, revision: 7, reason: "x" } }),
    [],
  )
})

t.test("a release that is heard gives each heir its turn, a step apart", async (t) => {
  const it = new HeldElection()
  it.read(it.take({ type: "joined" }), found(led))
  it.pass(100)
  const released = { at: "", by: "other", reason: "stopping" }
  const standing = { claim: { ...led.claim, term: 7, released }, revision: 8 }
  it.take({ type: "heard", found: found(standing) })
  t.equal(one(it.wake(), "claim").over, 8)
  t.equal(it.monoMs, 150)
})

t.test("the lease of a claim counts from when it was sent", async (t) => {
  const it = new HeldElection()
  it.read(it.take({ type: "joined" }), found(led))
  const word = { id: "other", term: 7, revision: 7, reason: "x" }
  const { attempt } = one(it.take({ type: "word", word }), "claim")
  it.pass(400)
  it.take({ type: "written", attempt, revision: 8 })
  t.equal(it.remainingMs, 1400)
})

t.test("an acknowledgement that comes after the lease is not led by", async (t) => {
  const it = new HeldElection()
  it.read(it.take({ type: "joined" }), found(led))
  const word = { id: "other", term: 7, revision: 7, reason: "x" }
  const { attempt } = one(it.take({ type: "word", word }), "claim")
  it.pass(1800)
  t.strictSame(kinds(it.take({ type: "written", attempt, revision: 8 })), ["stand-down"])
  t.notOk(it.election.isEngaged)
})

t.test("an acknowledgement that comes after a newer revision is known is history", async (t) => {
  const it = new HeldElection()
  it.read(it.take({ type: "joined" }), found(led))
  const word = { id: "other", term: 7, revision: 7, reason: "x" }
  const { attempt } = one(it.take({ type: "word", word }), "claim")
  // The last reign's renewal does not keep it from claiming, but stands after this attempt's revision.
  it.take({ type: "heard", found: found({ claim: { ...led.claim, term: 7 }, revision: 9 }) })
  t.strictSame(kinds(it.take({ type: "written", attempt, revision: 8 })).slice(0, 1), [
    "stand-down",
  ])
})

t.test(
  "a claim whose acknowledgement was lost is its own by its nonce, not by its id",
  async (t) => {
    for (const [nonce, does] of [
      ["mine-1", ["lead", "announce"]],
      // Its own, and over since nobody holds it: it may be claimed anew.
      ["mine-0", ["stand-down", "claim"]],
    ] as const) {
      const it = new HeldElection()
      it.read(it.take({ type: "joined" }), found(led))
      const word = { id: "other", term: 7, revision: 7, reason: "x" }
      const { attempt } = one(it.take({ type: "word", word }), "claim")
      const looks = it.take({ type: "unsure", attempt })
      const standing = { claim: claimOf("me", { nonce }), revision: 8 }
      t.strictSame(kinds(it.read(looks, found(standing))), does, nonce)
    }
  },
)

t.test("a refused claim whose read fails is looked into again a step later", async (t) => {
  const it = new HeldElection()
  it.read(it.take({ type: "joined" }), found(led))
  const word = { id: "other", term: 7, revision: 7, reason: "x" }
  const { attempt } = one(it.take({ type: "word", word }), "claim")
  const { id } = one(it.take({ type: "refused", attempt }), "read")
  it.take({ type: "read-failed", id })
  const again = it.wake()
  t.equal(it.monoMs, 50)
  t.strictSame(kinds(it.read(again, found({ claim: claimOf("new"), revision: 9 }))), ["stand-down"])
})

t.test("refused because a last renewal slipped in, an heir claims over what it read", async (t) => {
  const it = new HeldElection()
  it.read(it.take({ type: "joined" }), found(led))
  const word = { id: "other", term: 7, revision: 7, reason: "x" }
  const { attempt } = one(it.take({ type: "word", word }), "claim")
  const looks = it.take({ type: "refused", attempt })
  const last = { claim: { ...led.claim, term: 7 }, revision: 8 }
  const decisions = it.read(looks, found(last))
  t.strictSame(kinds(decisions), ["claim"], "what it holds meanwhile is with nobody else")
  t.equal(one(decisions, "claim").over, 8)
})

t.test("refused because its holder released it meanwhile, an heir claims over that", async (t) => {
  const it = new HeldElection()
  it.read(it.take({ type: "joined" }), found(led))
  const { nonce } = led.claim
  const word = { id: "other", term: 7, nonce, revision: 7, reason: "x" }
  const { attempt } = one(it.take({ type: "word", word }), "claim")
  const looks = it.take({ type: "refused", attempt })
  const released = { at: "", by: "other", reason: "x" }
  const decisions = it.read(
    looks,
    found({ claim: { ...led.claim, term: 7, released }, revision: 8 }),
  )
  t.strictSame(kinds(decisions), ["claim"])
})

t.test("refused because somebody led and left meanwhile, it forgets what it held", async (t) => {
  const it = new HeldElection()
  it.read(it.take({ type: "joined" }), found(led))
  const word = { id: "other", term: 7, revision: 7, reason: "x" }
  const { attempt } = one(it.take({ type: "word", word }), "claim")
  const looks = it.take({ type: "refused", attempt })
  const heirs = [{ key: "1.me", id: "me" }]
  const released = { at: "", by: "new", reason: "x" }
  const between = { claim: claimOf("new", { term: 8, released, heirs }), revision: 9 }
  const decisions = it.read(looks, found(between))
  t.strictSame(kinds(decisions), ["stand-down", "claim"])
})

t.test("somebody else's claim ends an attempt of its own", async (t) => {
  const it = new HeldElection()
  it.read(it.take({ type: "joined" }), found(led))
  const word = { id: "other", term: 7, revision: 7, reason: "x" }
  it.take({ type: "word", word })
  const heard = it.take({ type: "heard", found: found({ claim: claimOf("new"), revision: 9 }) })
  t.strictSame(kinds(heard), ["stand-down"])
})

t.test(
  "told while an attempt over an older revision is under way, it claims anew when that is refused",
  async (t) => {
    const it = new HeldElection()
    it.read(it.take({ type: "joined" }), found(led))
    const first = one(
      it.take({ type: "word", word: { id: "other", term: 7, revision: 7, reason: "x" } }),
      "claim",
    )
    it.take({ type: "word", word: { id: "new", term: 9, revision: 9, reason: "x" } })
    const looks = it.take({ type: "refused", attempt: first.attempt })
    const decisions = it.read(looks, found({ claim: claimOf("new"), revision: 9 }))
    t.equal(one(decisions, "claim").over, 9)
  },
)

t.test("asked to resign while its claim is under way, it leads only to hand on", async (t) => {
  const it = new HeldElection()
  it.read(it.take({ type: "joined" }), found(led))
  const { attempt } = one(
    it.take({ type: "word", word: { id: "other", term: 7, revision: 7, reason: "x" } }),
    "claim",
  )
  it.take({ type: "resign", reason: "stopping" })
  t.ok(it.election.isEngaged)
  const decisions = it.take({ type: "written", attempt, revision: 8 })
  t.strictSame(kinds(decisions), ["lead", "announce", "wind-down"])
  t.strictSame(kinds(it.take({ type: "wound-down", term: 8 })), ["hand-on"])
})

t.test(
  "asked to resign while nobody knows whether its claim was written, it looks until it knows",
  async (t) => {
    const it = new HeldElection()
    it.read(it.take({ type: "joined" }), found(led))
    const { attempt } = one(
      it.take({ type: "word", word: { id: "other", term: 7, revision: 7, reason: "x" } }),
      "claim",
    )
    it.take({ type: "resign", reason: "stopping" })
    const looks = it.take({ type: "unsure", attempt })
    t.strictSame(it.read(looks, found(led)), [], "nothing there yet")
    const again = it.wake()
    const mine = { claim: claimOf("me", { nonce: "mine-1" }), revision: 8 }
    t.strictSame(kinds(it.read(again, found(mine))), ["lead", "announce", "wind-down"])
  },
)

t.test(
  "a leader that hears somebody else's claim, or its own gone, stops at once and says why",
  async (t) => {
    for (const [heard, reason] of [
      [found({ claim: claimOf("new"), revision: 11 }), "evicted"],
      [{ kind: "none", revision: 11 }, "bucket lost"],
      [{ kind: "broken", revision: 11 }, "evicted"],
    ] as const) {
      const it = new HeldElection()
      it.lead(10)
      t.match(one(it.take({ type: "heard", found: heard }), "stop-leading"), { term: 10, reason })
      t.notOk(it.leads)
    }
  },
)

t.test("what is heard late of before its reign does not concern a leader", async (t) => {
  const it = new HeldElection()
  it.lead(10)
  t.strictSame(it.take({ type: "heard", found: { kind: "none", revision: 9 } }), [])
  t.ok(it.leads)
})

t.test("a leader stops when its lease is over, before anything else is dealt with", async (t) => {
  const it = new HeldElection()
  it.lead(10)
  it.pass(1800)
  const decisions = it.take({ type: "line", line: { heirs: [], strategy: "oldest", reason: "" } })
  t.match(decisions[0], { do: "stop-leading", reason: "lease over" })
})

t.test("cut off for a lease it says that it was disconnected too long", async (t) => {
  const it = new HeldElection()
  it.lead(10)
  it.take({ type: "disconnected" })
  it.pass(1800)
  t.match(one(it.take({ type: "wake" }), "stop-leading"), { reason: "disconnected too long" })
})

t.test("a leader takes the larger of what both clocks say has passed", async (t) => {
  const suspended = new HeldElection()
  suspended.lead(10)
  suspended.wallMs += 1800
  t.notOk(suspended.leads, "the monotonic clock stood still")
  const setBack = new HeldElection()
  setBack.lead(10)
  setBack.wallMs -= 3_600_000
  setBack.monoMs += 1800
  t.notOk(setBack.leads, "the wall clock was set back")
})

t.test("an answer to a hand-on of an earlier reign does not end the present one", async (t) => {
  const it = new HeldElection()
  it.lead(10)
  it.take({ type: "resign", reason: "handed over" })
  it.take({ type: "wound-down", term: 10 })
  it.take({ type: "heard", found: found({ claim: claimOf("new"), revision: 11 }) })
  const word = { id: "new", term: 11, revision: 11, reason: "x" }
  const { attempt } = one(it.take({ type: "word", word }), "claim")
  it.take({ type: "written", attempt, revision: 12 })
  t.ok(it.leads)
  t.strictSame(it.take({ type: "handed-on", term: 10 }), [])
  t.strictSame(it.take({ type: "wound-down", term: 10 }), [])
  t.ok(it.leads)
})

t.test(
  "what it gave up is over once the seat comes back, and not only when it has nothing",
  async (t) => {
    const it = new HeldElection()
    const term = 10
    it.lead(term)
    t.notOk(it.election.isResigning)
    it.take({ type: "resign", reason: "stopping" })
    t.ok(it.election.isResigning, "it winds down")
    it.take({ type: "wound-down", term })
    t.ok(it.election.isResigning, "it hands on")
    it.take({
      type: "word",
      word: { id: "heir", term: term + 1, revision: term + 1, reason: "killed" },
    })
    t.ok(it.election.isEngaged, "it claims the seat again")
    t.notOk(it.election.isResigning)
    it.take({ type: "resign", reason: "stopping" })
    t.ok(it.election.isResigning, "and gives up the claim under way")
  },
)

t.test("told that the seat comes back while it still hands it on, it claims", async (t) => {
  const it = new HeldElection()
  it.lead(10)
  it.take({ type: "resign", reason: "handed over" })
  it.take({ type: "wound-down", term: 10 })
  const word = { id: "new", term: 11, revision: 11, reason: "x" }
  t.equal(one(it.take({ type: "word", word }), "claim").over, 11)
})

t.test("after a reconnect it reads the claim, or renews its own", async (t) => {
  const follower = new HeldElection()
  follower.read(follower.take({ type: "joined" }), found(led))
  t.strictSame(kinds(follower.take({ type: "connected" })), ["read"])
  const leader = new HeldElection()
  leader.lead(10)
  t.strictSame(kinds(leader.take({ type: "connected" })), ["renew"])
})

t.test(
  "another claim at a revision once seen starts the wait anew: the bucket is a new one",
  async (t) => {
    const it = new HeldElection()
    it.read(it.take({ type: "joined" }), found(led))
    const looks = it.wake()
    const other = { claim: claimOf("new", { heirs }), revision: 7 }
    t.strictSame(it.read(looks, found(other)), [])
    it.wake()
    t.equal(it.monoMs, 2150 + 2150)
  },
)

/** The decision to lead of one that was told so, in a pool that `other` led. */
function told(reason: string) {
  const it = new HeldElection()
  it.read(it.take({ type: "joined" }), found(led))
  const word = { id: "other", term: 7, revision: 7, reason }
  const claim = one(it.take({ type: "word", word }), "claim")
  const decisions = it.take({ type: "written", attempt: claim.attempt, revision: 9 })
  return { lead: one(decisions, "lead"), claim: claim.claim, lease: it.election.lease }
}

t.test("who was handed the seat by order knows it, and its claim says so", async (t) => {
  const { lead, claim, lease } = told("handed over")
  t.strictSame(lead, { do: "lead", term: 9, lease, isOrdered: true })
  t.match(claim, { ordered: true, reason: "me leads by order" })
})

t.test(
  "who claims again after a claim by order, whose answer came too late, still does",
  async (t) => {
    for (const ordered of [true, undefined]) {
      const it = new HeldElection()
      const own = claimOf("me", ordered ? { ordered } : {})
      const last = found({ revision: 8, claim: own })
      it.read(it.take({ type: "joined" }), last)
      const { claim } = one(it.wake(), "claim")
      t.equal(claim.ordered, ordered)
    }
  },
)

t.test("who was told for another reason leads by no order", async (t) => {
  for (const reason of ["preempted", "stopping", "released"]) {
    const { lead, claim, lease } = told(reason)
    t.strictSame(lead, { do: "lead", term: 9, lease })
    t.notOk("ordered" in claim)
  }
})

t.test("a release that says that the seat was handed over is an order as well", async (t) => {
  const it = new HeldElection()
  const released = { at: "", by: "other", reason: "handed over" }
  const decisions = it.take({ type: "joined" })
  it.read(decisions, found({ ...led, claim: { ...led.claim, released } }))
  const { attempt } = one(it.wake(), "claim")
  const lead = one(it.take({ type: "written", attempt, revision: 9 }), "lead")
  t.strictSame(lead, { do: "lead", term: 9, lease: it.election.lease, isOrdered: true })
})

t.test("who follows a holder whose lease ran out knows who was silent", async (t) => {
  const it = new HeldElection()
  it.read(it.take({ type: "joined" }), found(led))
  const { attempt } = one(it.read(it.wake(), found(led)), "claim")
  const lead = one(it.take({ type: "written", attempt, revision: 9 }), "lead")
  t.strictSame(lead, { do: "lead", term: 9, lease: it.election.lease, lapsed: "other" })
})

t.test("one in the line that is found gone is no heir any more, at once", async (t) => {
  const it = new HeldElection()
  it.lead(10, { heirs: [...heirs, { key: "key-last", id: "last" }] })
  const { claim } = one(it.take({ type: "gone", key: "key-first" }), "renew")
  t.strictSame(
    claim.heirs.map(({ id }) => id),
    ["last"],
  )
  t.strictSame(it.take({ type: "gone", key: "key-stranger" }), [])
})
