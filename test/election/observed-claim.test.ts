import t from "tap"
import { ObservedClaim } from "../../src/election/observed-claim.js"
import { claimOf, found, NOTHING } from "../fixtures/election.js"

const OPTIONS = {
  self: { key: "key-me", id: "me" },
  leaseMs: 2000,
  stepMs: 50,
  coldStartMs: 150,
  random: () => 0.5,
}
const heirs = ["a", "b", "me"].map((id) => ({ key: `key-${id}`, id }))
const led = { claim: claimOf("other", { heirs }), revision: 7 }
const LAPSE_MS = 2100

t.test("before the first look no turn is in sight", async (t) => {
  const observed = new ObservedClaim(OPTIONS)
  t.equal(observed.turnAtMs, undefined)
  t.equal(observed.rankAtMs, undefined)
})

t.test("an heir's turn comes after the lease and a step for each before it", async (t) => {
  const observed = new ObservedClaim(OPTIONS)
  observed.read(found(led), 1000)
  t.equal(observed.turnAtMs, 1000 + LAPSE_MS + 100)
})

t.test("who is no heir comes after all of them and a random while", async (t) => {
  const observed = new ObservedClaim({ ...OPTIONS, self: { key: "key-x", id: "x" } })
  observed.read(found(led), 1000)
  t.equal(observed.turnAtMs, 1000 + LAPSE_MS + 3 * 50 + 0.5 * 5 * 50)
})

t.test("the lease is the one in the claim, not one's own", async (t) => {
  const observed = new ObservedClaim(OPTIONS)
  observed.read(found({ ...led, claim: { ...led.claim, lease: 10_000 } }), 0)
  t.equal(observed.turnAtMs, 10_500 + 100)
})

t.test("the same claim seen again is no news", async (t) => {
  const observed = new ObservedClaim(OPTIONS)
  observed.read(found(led), 0)
  observed.read(found(led), 1500)
  t.notOk(observed.heard(found(led), 1600))
  t.equal(observed.turnAtMs, LAPSE_MS + 100)
})

t.test(
  "what was not seen for half a lease is not fresh, whether it is still so or not",
  async (t) => {
    const observed = new ObservedClaim(OPTIONS)
    t.notOk(observed.isFresh(0))
    observed.read(found(led), 0)
    t.ok(observed.isFresh(1000))
    t.notOk(observed.isFresh(1001))
    observed.read(found(led), 2000)
    t.ok(observed.isFresh(3000))
    observed.heard(found({ ...led, revision: 6 }), 3500)
    t.notOk(observed.isFresh(3500), "what is older than what it knows shows nothing")
    observed.heard(found({ ...led, revision: 8 }), 4000)
    t.ok(observed.isFresh(5000))
  },
)

t.test("another claim at the same revision, in a bucket made anew, is news", async (t) => {
  const observed = new ObservedClaim(OPTIONS)
  observed.read(found(led), 0)
  observed.read(found({ ...led, claim: { ...led.claim, nonce: "another" } }), 1500)
  t.equal(observed.turnAtMs, 1500 + LAPSE_MS + 100)
})

t.test(
  "what is heard late does not set it back; what is read may, for the bucket may be a new one",
  async (t) => {
    const observed = new ObservedClaim(OPTIONS)
    observed.read(found(led), 0)
    t.notOk(observed.heard(found({ ...led, revision: 6 }), 100))
    t.equal(observed.revision, 7)
    observed.read(found({ claim: claimOf("new"), revision: 2 }), 200)
    t.equal(observed.revision, 2)
  },
)

t.test(
  "a claim that vanished, or that nobody can read, proves nothing: its lease is waited out",
  async (t) => {
    for (const gone of [
      { kind: "none", revision: 8 },
      { kind: "none", revision: 0 },
      { kind: "broken", revision: 8 },
    ] as const) {
      const observed = new ObservedClaim(OPTIONS)
      observed.read(found(led), 0)
      observed.ended({ id: "other", term: 7 }, 10)
      observed.read(gone, 1000)
      t.equal(observed.turnAtMs, 1000 + LAPSE_MS + 100, gone.kind)
      t.equal(observed.revision, gone.revision)
    }
  },
)

t.test(
  "what nobody can read, where no claim was known, is waited out for a lease of one's own",
  async (t) => {
    const observed = new ObservedClaim(OPTIONS)
    observed.read({ kind: "broken", revision: 8 }, 0)
    t.equal(observed.turnAtMs, LAPSE_MS + 0.5 * 5 * 50)
  },
)

t.test("proof that another reign is over says nothing of this one", async (t) => {
  const observed = new ObservedClaim(OPTIONS)
  observed.read(found(led), 0)
  observed.ended({ id: "other", term: 6 }, 10)
  t.notOk(observed.isProvenOver)
  observed.ended({ id: "other", term: 7 }, 10)
  t.ok(observed.isProvenOver)
  t.equal(observed.turnAtMs, 10 + 100)
})

t.test("a summons is a turn at once", async (t) => {
  const observed = new ObservedClaim(OPTIONS)
  observed.read(found(led), 0)
  t.ok(observed.summoned({ id: "other", term: 7, revision: 7, reason: "x" }, 30))
  t.equal(observed.turnAtMs, 30)
})

t.test("a summons about a reign before the one it knows is none", async (t) => {
  const observed = new ObservedClaim(OPTIONS)
  observed.read(found({ claim: claimOf("new"), revision: 9 }), 0)
  t.notOk(observed.summoned({ id: "other", term: 7, revision: 8, reason: "x" }, 30))
  t.notOk(observed.isProvenOver)
})

t.test("a claim of its own that it does not hold is over: it came in late", async (t) => {
  const observed = new ObservedClaim(OPTIONS)
  observed.read(found({ claim: claimOf("me"), revision: 7 }), 40)
  t.ok(observed.isProvenOver)
})

t.test("with no claim members are ranked after a while, and each place is a step", async (t) => {
  const observed = new ObservedClaim(OPTIONS)
  observed.read(NOTHING, 0)
  t.equal(observed.rankAtMs, 150)
  observed.ranked(3, false, 160)
  t.equal(observed.rankAtMs, undefined)
  t.equal(observed.turnAtMs, 160 + 150)
})

t.test(
  "members that begin together list all of them in turn, the first twelve at once",
  async (t) => {
    const listsAt = (older: number) => {
      const observed = new ObservedClaim(OPTIONS)
      observed.read(NOTHING, 0)
      t.notOk(observed.isQueued)
      observed.queued(older, 150)
      t.ok(observed.isQueued)
      return observed.rankAtMs
    }
    t.strictSame([1, 11, 12, 21].map(listsAt), [150, 150, 200, 650])
    // Who comes so late hears of a leader by then, unless the first of them may not lead.
    t.ok((listsAt(1000) ?? 0) < 150 + 2 * OPTIONS.leaseMs)
  },
)

t.test("whose turn to list is still to come does not list once there was a claim", async (t) => {
  const observed = new ObservedClaim(OPTIONS)
  observed.read(NOTHING, 0)
  observed.queued(21, 150)
  observed.heard(found(led), 200)
  t.equal(observed.rankAtMs, undefined)
  t.notOk(observed.isQueued)
})

t.test(
  "ranked among members older than a lease, or where a claim was deleted, a lease is waited first",
  async (t) => {
    const veterans = new ObservedClaim(OPTIONS)
    veterans.read(NOTHING, 0)
    veterans.ranked(0, true, 160)
    t.equal(veterans.turnAtMs, 160 + LAPSE_MS)
    const deleted = new ObservedClaim(OPTIONS)
    deleted.read({ kind: "none", revision: 4 }, 0)
    deleted.ranked(0, false, 160)
    t.equal(deleted.turnAtMs, 160 + LAPSE_MS)
  },
)

t.test("a reign of the same member and term, in a bucket created anew, is not over", async (t) => {
  const observed = new ObservedClaim(OPTIONS)
  const standing = { ...led, claim: { ...led.claim, nonce: "old" } }
  observed.read(found(standing), 0)
  observed.summoned({ id: "other", term: 7, nonce: "old", revision: 7, reason: "stopping" }, 100)
  t.equal(observed.turnAtMs, 100)
  observed.read(NOTHING, 200)
  observed.read(found({ ...standing, claim: { ...standing.claim, nonce: "new" } }), 300)
  t.notOk(observed.isProvenOver)
  t.equal(observed.turnAtMs, 300 + LAPSE_MS + 100)
})

t.test(
  "who is not told of each renewal waits for a silence besides, but not after a look",
  async (t) => {
    const crowd = { members: 1000, silence: 2000 }
    const standing = { ...led, claim: { ...led.claim, heirs: [], crowd } }
    const waits = (isAttentive: boolean, see: (it: ObservedClaim) => unknown) => {
      const observed = new ObservedClaim({ ...OPTIONS, isAttentive: () => isAttentive })
      see(observed)
      return (observed.turnAtMs ?? 0) - (new ObservedClaim(OPTIONS).turnAtMs ?? 0)
    }
    const heard = (it: ObservedClaim) => it.heard(found(standing), 0)
    const joined = (it: ObservedClaim) => it.read(found(standing), 0)
    const doubted = (it: ObservedClaim) => it.read(found(standing), 0, true)
    t.equal(waits(false, heard) - waits(true, heard), 2000)
    t.equal(waits(false, joined) - waits(true, heard), 2000)
    t.equal(waits(false, doubted), waits(true, heard))
  },
)
