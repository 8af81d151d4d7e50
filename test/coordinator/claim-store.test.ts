import t from "tap"
import { MemoryBus } from "../../src/backend/memory-bus.js"
import { Troubles } from "../../src/contracts/troubles.js"
import { ClaimStore } from "../../src/coordinator/claim-store.js"
import type { ElectionEvent } from "../../src/election/events.js"
import { timingsOf } from "../../src/lease/timings.js"
import type { Claim } from "../../src/protocol/claim.js"
import { encodeClaim } from "../../src/protocol/claim.js"
import { encodeMember, type Member } from "../../src/protocol/member.js"
import { CLAIM_KEY, namesOf } from "../../src/protocol/names.js"
import { oldest } from "../../src/strategies/built-in-strategies.js"
import { FlawedBucket } from "../fixtures/flawed-bucket.js"
import { ManualClock, settled } from "../fixtures/manual-clock.js"
import { member } from "../fixtures/members.js"

const timings = timingsOf({ leaseMs: 2_000 })
const claim: Claim = {
  key: "k",
  id: "i",
  name: "a",
  nonce: "n",
  lease: timings.leaseMs,
  since: "2026-01-01T00:00:00.000Z",
  heirs: [],
  strategy: "oldest",
  reason: "a leads",
}

function claimStore(self: Member = member("a")) {
  const clock = new ManualClock()
  const bucket = new FlawedBucket(clock, timings.memberTtlMs)
  const answers: ElectionEvent[] = []
  const reports: string[] = []
  const renewals: string[] = []
  const store = new ClaimStore({
    context: {
      ...{ names: namesOf("work"), timings, clock, random: () => 0, bucket },
      bus: new MemoryBus({ clock }).connect("a"),
      troubles: new Troubles(clock, (problem) => reports.push(problem)),
    },
    strategy: oldest,
    self: () => self,
    meter: { renewed: (outcome: string) => renewals.push(outcome) } as never,
    answer: (event) => answers.push(event),
  })
  return { clock, bucket, answers, reports, renewals, store }
}

t.test("what stands under the key is the answer to a read, and so is nothing", async (t) => {
  const { bucket, answers, store } = claimStore()
  store.read(1)
  await settled()
  const revision = await bucket.write(CLAIM_KEY, encodeClaim(claim), 0)
  store.read(2)
  await settled()
  t.strictSame(answers, [
    { type: "read", id: 1, found: { kind: "none", revision: 0 } },
    { type: "read", id: 2, found: { kind: "claim", standing: { claim, revision } } },
  ])
})

t.test("each write has one answer: done, refused, or that nobody knows", async (t) => {
  const { clock, bucket, answers, store } = claimStore()
  store.write(1, 0, claim)
  await settled()
  store.write(2, 0, claim)
  await settled()
  bucket.writes.push("silent", "silent", "silent")
  store.write(3, 1, claim)
  await clock.pass(timings.renewMs - 1)
  t.equal(answers.length, 2, "it waits for an answer as long as a renewal takes")
  await clock.pass(1)
  bucket.writes.push("answer lost")
  store.write(4, 1, claim)
  await settled()
  t.strictSame(answers, [
    { type: "written", attempt: 1, revision: 1 },
    { type: "refused", attempt: 2 },
    { type: "unsure", attempt: 3 },
    { type: "unsure", attempt: 4 },
  ])
})

t.test("an answer that comes after its time is not given a second time", async (t) => {
  const { clock, bucket, answers, store } = claimStore()
  let answer: (revision: number) => void = () => {}
  bucket.write = () =>
    new Promise((resolve) => {
      answer = resolve
    })
  store.write(1, 0, claim)
  await clock.pass(timings.renewMs)
  answer(7)
  await settled()
  t.strictSame(answers, [{ type: "unsure", attempt: 1 }])
})

t.test("a bucket that throws at once has answered as well", async (t) => {
  const { bucket, answers, store } = claimStore()
  bucket.write = () => {
    throw new Error("closed")
  }
  bucket.get = () => {
    throw new Error("closed")
  }
  bucket.entries = () => {
    throw new Error("closed")
  }
  store.write(1, 0, claim)
  store.read(2)
  store.rank(true)
  await settled()
  t.strictSame(answers, [
    { type: "unsure", attempt: 1 },
    { type: "read-failed", id: 2 },
    { type: "rank-failed" },
  ])
})

t.test("renewals are measured, first claims are not", async (t) => {
  const { bucket, renewals, store } = claimStore()
  store.write(1, 0, claim)
  await settled()
  store.renew(2, 1, claim)
  await settled()
  store.renew(3, 1, claim)
  await settled()
  bucket.writes.push("lost")
  store.renew(4, 2, claim)
  await settled()
  t.strictSame(renewals, ["acknowledged", "refused", "unknown"])
})

t.test("the place of a member is its rank among the entries, and it says who is old", async (t) => {
  const [first, second] = [member("a"), member("b")]
  const { bucket, answers, store } = claimStore(second)
  for (const it of [first, second]) await bucket.put(it.key, encodeMember(it))
  store.rank(true)
  await settled()
  const old = member("c", { key: "1600000000000000.c", start: 1_600_000_000_000_000 })
  await bucket.put(old.key, encodeMember(old))
  store.rank(true)
  await settled()
  t.strictSame(answers, [
    { type: "ranked", place: 1, veterans: false },
    { type: "ranked", place: 2, veterans: true },
  ])
})

t.test("who begins after others is told how many come before it, and nobody's entry", async (t) => {
  const [first, second] = [member("a"), member("b")]
  const { bucket, answers, store } = claimStore(second)
  const old = member("c", { key: "1600000000000000.c", start: 1_600_000_000_000_000 })
  for (const it of [old, first, second]) await bucket.put(it.key, encodeMember(it))
  bucket.entries = () => t.fail("nothing is listed") as never
  store.rank(false)
  await settled()
  t.strictSame(answers, [{ type: "queued", older: 1 }])
})

t.test("who is not among the entries, or may not lead, comes last", async (t) => {
  const shy = member("b", { eligible: false })
  const { bucket, answers, store } = claimStore(shy)
  for (const it of [member("a"), shy]) await bucket.put(it.key, encodeMember(it))
  store.rank(true)
  await settled()
  t.strictSame(answers, [{ type: "ranked", place: 2, veterans: false }])
})
