import t from "tap"
import type { Decision } from "../../src/election/events.js"
import { Follower } from "../../src/election/follower.js"
import { ObservedClaim } from "../../src/election/observed-claim.js"
import { claimOf, found, NOTHING } from "../fixtures/election.js"

const TIMINGS = { leaseMs: 2000, stepMs: 50, coldStartMs: 150 }
const self = { key: "key-me", id: "me" }
const led = { claim: claimOf("other", { heirs: [self] }), revision: 7 }
const at = (ms: number) => ({ monoMs: ms, wallMs: ms })

/** A follower that knows a claim whose holder said that its reign is over. */
function follower() {
  const decisions: Decision[] = []
  let lastId = 0
  const observed = new ObservedClaim({ ...TIMINGS, self, random: () => 0.5 })
  const options = {
    ...{ ...TIMINGS, self, mayLead: () => true, nextId: () => ++lastId },
    decide: (decision: Decision) => decisions.push(decision),
  }
  observed.read(found(led), 0)
  observed.ended({ id: "other", term: 7 }, 100)
  return { observed, decisions, follower: new Follower(options, observed) }
}

t.test("a claim that is proven over is claimed over without another look", async (t) => {
  const { follower: it, decisions } = follower()
  t.match(it.wake(at(100)), { claimOver: 0, after: "word" })
  t.strictSame(decisions, [])
})

t.test(
  "where it vanished meanwhile, a look comes first: revisions may have begun anew",
  async (t) => {
    const { follower: it, observed, decisions } = follower()
    observed.read(NOTHING, 200)
    const turnMs = observed.turnAtMs ?? 0
    t.equal(turnMs, 200 + 2100, "after the whole lease")
    t.equal(it.wake(at(turnMs)), undefined)
    t.strictSame(decisions, [{ do: "read", id: 1 }])
    const another = { claim: claimOf("another"), revision: 7 }
    t.equal(it.handle({ type: "read", id: 1, found: found(another) }, at(turnMs + 1)), undefined)
  },
)

t.test(
  "who stood still looks before it claims what it knew to be over: the bucket may be a new one",
  async (t) => {
    const { follower: it, decisions } = follower()
    t.equal(it.wake(at(5000)), undefined)
    t.strictSame(decisions, [{ do: "read", id: 1 }])
    t.match(
      it.handle({ type: "read", id: 1, found: found(led) }, at(5001)),
      { claimOver: 0, after: "word" },
      "it is as it was",
    )
  },
)

t.test("so does who is told that its turn is now, and has heard nothing for long", async (t) => {
  const { follower: it, decisions } = follower()
  const word = { id: "other", term: 7, revision: 7, reason: "released" }
  t.equal(it.handle({ type: "word", word }, at(5000)), undefined)
  t.strictSame(decisions, [{ do: "read", id: 1 }])
  const another = found({ claim: claimOf("another"), revision: 7 })
  t.equal(it.handle({ type: "read", id: 1, found: another }, at(5001)), undefined)
  const { follower: other } = follower()
  other.handle({ type: "word", word }, at(5000))
  t.match(other.handle({ type: "read", id: 1, found: found(led) }, at(5001)), { after: "word" })
})
