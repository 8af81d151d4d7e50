import t from "tap"
import { toBytes } from "../../src/encoding/json.js"
import {
  bySeniority,
  decodeMember,
  encodeMember,
  isLate,
  isMemberKey,
  memberKey,
} from "../../src/protocol/member.js"
import { member } from "../fixtures/members.js"

t.test("keys in their natural order are members in order of seniority", async (t) => {
  const keys = [
    memberKey(1_700_000_000_000_000, "b"),
    memberKey(999, "z"),
    memberKey(1_700_000_000_000_001, "a"),
  ]
  t.strictSame(keys.toSorted(), [keys[1], keys[0], keys[2]])
  t.equal(memberKey(999, "z"), "0000000000000999.z")
})

t.test("a key is 16 digits and a name", async (t) => {
  for (const key of [
    "leader",
    "clock",
    "1.a",
    "1700000000000000.",
    "1700000000000000.a.b",
    "x1700000000000000.a",
  ])
    t.notOk(isMemberKey(key), key)
  t.ok(isMemberKey("1700000000000000.a_b-9"))
})

t.test("an entry is late half a lease after the renewal that it promised", async (t) => {
  const late = (beat: number | undefined, ageMs: number) =>
    isLate({ ...(beat !== undefined && { beat }) }, ageMs, 6_000)
  t.strictSame([late(undefined, 3_000), late(undefined, 3_001)], [false, true])
  t.strictSame([late(4_000, 5_000), late(4_000, 5_001)], [false, true])
  const it = member("a", { beat: 4_000 })
  t.strictSame(decodeMember(it.key, encodeMember(it)), it)
  for (const beat of [0, -1, "long", null]) {
    t.notOk("beat" in decodeMember(it.key, toBytes({ ...it, beat })), `${beat}`)
  }
})

t.test("a member comes back as it was written; the key gives name and start", async (t) => {
  const it = member("a", { weight: 4, labels: { zone: "x" }, control: true, server: "n1" })
  t.strictSame(decodeMember(it.key, encodeMember(it)), it)
  t.match(decodeMember("1700000000000000.other", encodeMember(it)), {
    name: "other",
    start: 1_700_000_000_000_000,
  })
})

t.test(
  "an entry of another version, with fields missing or odd, is read as far as it goes",
  async (t) => {
    const read = decodeMember(
      "1700000000000000.a",
      toBytes({ id: "x", state: "dancing", labels: 7, weight: "much", server: 7, more: 1 }),
    )
    t.match(read, {
      id: "x",
      state: "ready",
      labels: {},
      weight: 0,
      eligible: true,
      control: false,
      more: 1,
    })
    t.notOk("server" in read)
    t.strictSame(read.counters, { done: 0, failed: 0, busy: 0 })
  },
)

t.test("an entry without an id, or that is no JSON, is no member", async (t) => {
  t.throws(() => decodeMember("1700000000000000.a", toBytes({})), /id/)
  t.throws(() => decodeMember("1700000000000000.a", new Uint8Array()), SyntaxError)
  t.throws(() => decodeMember("leader", toBytes({ id: "x" })), /key/)
})

t.test("of two that started together the name decides, then the id", async (t) => {
  const [b, a] = [
    member("b", { key: "1700000000000000.b" }),
    member("a", { key: "1700000000000000.a" }),
  ]
  t.ok(bySeniority(a, b) < 0)
  t.ok(bySeniority({ ...a, id: "2" }, { ...a, id: "1" }) > 0)
  t.equal(bySeniority(a, a), 0)
})

t.test("an entry says whose lead() goes on; what is no term is nothing", async (t) => {
  const read = (lingering: unknown) =>
    decodeMember("1700000000000000.a", toBytes({ id: "A", eligible: false, lingering }))
  t.match(read({ term: 7, more: 1 }), { eligible: false, lingering: { term: 7 } })
  for (const other of [undefined, null, 7, "x", {}, { term: "7" }]) {
    t.notOk("lingering" in read(other), String(other))
  }
})
