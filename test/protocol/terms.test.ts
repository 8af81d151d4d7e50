import t from "tap"
import type { StandingClaim } from "../../src/protocol/claim.js"
import { Terms } from "../../src/protocol/terms.js"
import { claimOf } from "../fixtures/election.js"

let revisions = 1000

/** A renewal in the reign of `id` that began with `term`. */
function renewal(id: string, term: number): StandingClaim {
  revisions += 1
  return { claim: claimOf(id, { term, nonce: `${id} ${term}` }), revision: revisions }
}

t.test("terms that grow are fine, and the highest is known", async (t) => {
  const terms = new Terms()
  t.equal(terms.highest, 0)
  for (const term of [3, 3, 7, 134]) t.equal(terms.saw(renewal("a", term), false), undefined)
  t.equal(terms.highest, 134)
})

t.test("a reign of a lower term that is renewed is said to be one, once", async (t) => {
  const terms = new Terms()
  terms.saw(renewal("a", 134), false)
  t.equal(terms.saw(renewal("b", 3), false), undefined, "it may be late news")
  t.match(terms.saw(renewal("b", 3), false), /^b leads with term 3, and 134 is known here: /)
  for (const term of [3, 9, 9]) t.equal(terms.saw(renewal("b", term), false), undefined)
  t.equal(terms.highest, 134)
})

t.test("who itself leads with a lower term says so at once", async (t) => {
  const terms = new Terms()
  terms.saw(renewal("a", 134), false)
  t.match(terms.saw(renewal("b", 3), true), /^b leads with term 3/)
})

t.test("late renewals of an earlier reign are no lower term", async (t) => {
  const terms = new Terms()
  terms.saw(renewal("a", 130), false)
  terms.saw(renewal("b", 134), false)
  for (let n = 0; n < 3; n++) t.equal(terms.saw(renewal("a", 130), false), undefined)
})

t.test("after terms were above the highest, another loss is said again", async (t) => {
  const terms = new Terms()
  terms.saw(renewal("a", 134), false)
  t.ok(terms.saw(renewal("b", 3), true))
  terms.saw(renewal("c", 135), false)
  t.ok(terms.saw(renewal("d", 2), true))
})
