import t from "tap"
import { toBytes } from "../../src/encoding/json.js"
import {
  decodeAnnouncement,
  decodeClaim,
  decodeWord,
  encodeAnnouncement,
  encodeClaim,
  encodeWord,
  endOf,
  isOver,
  reignOf,
  sameReign,
} from "../../src/protocol/claim.js"
import { claimOf } from "../fixtures/election.js"

t.test("a claim comes back as it was written, and unknown fields are kept", async (t) => {
  const claim = { ...claimOf("a", { term: 5, heirs: [{ key: "k", id: "b" }] }), later: "field" }
  t.strictSame(decodeClaim(encodeClaim(claim)), claim)
})

t.test("the term is the revision of the first write, and is carried from then on", async (t) => {
  t.strictSame(reignOf({ claim: claimOf("a"), revision: 7 }), { id: "a", term: 7 })
  t.strictSame(reignOf({ claim: claimOf("a", { term: 7 }), revision: 9 }), { id: "a", term: 7 })
})

t.test("the same member in another term is another reign", async (t) => {
  t.ok(sameReign({ id: "a", term: 7 }, { id: "a", term: 7 }))
  t.notOk(sameReign({ id: "a", term: 7 }, { id: "a", term: 8 }))
  t.notOk(sameReign({ id: "a", term: 7 }, { id: "b", term: 7 }))
})

t.test("a reign that is over is told by its nonce as well, where that was said", async (t) => {
  const standing = { claim: claimOf("a", { term: 7, nonce: "n1" }), revision: 9 }
  t.ok(isOver(standing, endOf(standing)))
  t.ok(isOver(standing, { id: "a", term: 7 }))
  t.notOk(isOver(standing, { id: "a", term: 7, nonce: "n2" }))
  t.notOk(isOver(standing, { id: "a", term: 8, nonce: "n1" }))
})

t.test("what is no claim is refused, and the error says what is missing", async (t) => {
  const whole = claimOf("a")
  const refused = (raw: unknown, why: RegExp) => t.throws(() => decodeClaim(toBytes(raw)), why)
  for (const field of ["key", "id", "name", "nonce"])
    refused({ ...whole, [field]: "" }, new RegExp(field))
  refused({ ...whole, term: 0 }, /term/)
  refused({ ...whole, term: 1.5 }, /term/)
  refused({ ...whole, lease: 0 }, /lease/)
  refused({ ...whole, lease: "2000" }, /lease/)
  refused({ ...whole, heirs: undefined }, /heirs/)
  refused({ ...whole, heirs: [{ key: "k" }] }, /heirs/)
  refused([], /object/)
  t.throws(() => decodeClaim(new TextEncoder().encode("by hand")), SyntaxError)
  t.throws(() => decodeClaim(new Uint8Array()), SyntaxError)
})

t.test("an announcement is the claim with its revision", async (t) => {
  const standing = { claim: claimOf("a"), revision: 7 }
  t.strictSame(decodeAnnouncement(encodeAnnouncement(standing)), standing)
  t.throws(() => decodeAnnouncement(encodeClaim(standing.claim)), /revision/)
})

t.test(
  "a word names reign, revision and reason; one without a reason is a word all the same",
  async (t) => {
    const word = { id: "a", term: 5, revision: 7, reason: "stopping" }
    t.strictSame(decodeWord(encodeWord(word)), word)
    const whole = { ...word, nonce: "n1" }
    t.strictSame(decodeWord(encodeWord(whole)), whole)
    t.equal(decodeWord(toBytes({ id: "a", term: 5, revision: 7 })).reason, "unknown")
    t.throws(() => decodeWord(toBytes({ id: "a", term: 5 })), /word/)
  },
)
