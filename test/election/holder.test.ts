import t from "tap"
import type { SuccessionLine } from "../../src/election/events.js"
import { claimOf, found, HeldElection, kinds, NOTHING, one } from "../fixtures/election.js"

const line: SuccessionLine = {
  heirs: [{ key: "key-b", id: "b" }],
  strategy: "oldest",
  reason: "me leads",
}

t.test(
  "renews a quarter of a lease after the last renewal was sent, with its term and over its own revision",
  async (t) => {
    const it = new HeldElection()
    it.lead(10)
    const renewal = one(it.wake(), "renew")
    t.equal(it.monoMs, 500)
    t.match(renewal, { over: 10, claim: { term: 10, nonce: "mine-1" } })
    it.pass(20)
    const told = it.take({ type: "written", attempt: renewal.attempt, revision: 11 })
    t.match(one(told, "announce"), { standing: { revision: 11 } })
    t.equal(it.remainingMs, 1780, "counted from when it was sent")
    it.wake()
    t.equal(it.monoMs, 1000)
  },
)

t.test(
  "a renewal nobody knows of is tried again, a step after it was sent at the earliest",
  async (t) => {
    const it = new HeldElection()
    it.lead(10)
    const { attempt } = one(it.wake(), "renew")
    t.strictSame(it.take({ type: "unsure", attempt }), [], "not as fast as it is refused")
    t.equal(one(it.wake(), "renew").over, 10)
    t.equal(it.monoMs, 550)
  },
)

t.test(
  "refused, it finds its own claim: an acknowledgement was lost, and the lease counts from the first attempt",
  async (t) => {
    const it = new HeldElection()
    it.lead(10)
    let { attempt } = one(it.wake(), "renew")
    for (const _ of [1, 2]) {
      it.pass(100)
      ;({ attempt } = one(it.take({ type: "unsure", attempt }), "renew"))
    }
    const looks = it.take({ type: "refused", attempt })
    const own = { claim: claimOf("me", { nonce: "mine-1", term: 10 }), revision: 11 }
    t.strictSame(kinds(it.read(looks, found(own))), ["announce"])
    t.equal(it.remainingMs, 1600)
  },
)

t.test(
  "refused, it finds its own claim at the revision it knew: the lease does not begin anew",
  async (t) => {
    const it = new HeldElection()
    it.lead(10)
    const { attempt } = one(it.wake(), "renew")
    const looks = it.take({ type: "refused", attempt })
    const own = { claim: claimOf("me", { nonce: "mine-1" }), revision: 10 }
    t.strictSame(it.read(looks, found(own)), [])
    t.equal(it.remainingMs, 1300)
  },
)

t.test(
  "refused, it finds another claim, or none, or its own released: the reign is over",
  async (t) => {
    const released = { at: "", by: "supervisor", reason: "killed" }
    for (const [there, reason] of [
      [found({ claim: claimOf("b"), revision: 12 }), "evicted"],
      [found({ claim: claimOf("me", { nonce: "mine-0" }), revision: 12 }), "evicted"],
      [found({ claim: claimOf("me", { nonce: "mine-1", released }), revision: 12 }), "evicted"],
      [NOTHING, "bucket lost"],
    ] as const) {
      const it = new HeldElection()
      it.lead(10)
      const { attempt } = one(it.wake(), "renew")
      const looks = it.take({ type: "refused", attempt })
      t.match(one(it.read(looks, there), "stop-leading"), { reason })
    }
  },
)

t.test("refused, and the claim can't be read: it asks again until the lease is over", async (t) => {
  const it = new HeldElection()
  it.lead(10)
  const { attempt } = one(it.wake(), "renew")
  let { id } = one(it.take({ type: "refused", attempt }), "read")
  for (let tries = 0; tries < 3; tries++) {
    it.take({ type: "read-failed", id })
    ;({ id } = one(it.wake(), "read"))
  }
  t.ok(it.leads)
  it.pass(1800)
  t.match(one(it.take({ type: "read-failed", id }), "stop-leading"), { reason: "lease over" })
})

t.test(
  "other heirs are published at once; another reason alone waits for the next renewal",
  async (t) => {
    const it = new HeldElection()
    it.lead(10)
    const renewal = one(it.take({ type: "line", line }), "renew")
    t.strictSame(renewal.claim.heirs, line.heirs)
    it.take({ type: "written", attempt: renewal.attempt, revision: 11 })
    t.strictSame(it.take({ type: "line", line: { ...line, reason: "oldest of 57" } }), [])
    t.equal(one(it.wake(), "renew").claim.reason, "oldest of 57")
  },
)

t.test(
  "a line that changes while a renewal is under way is published right after it",
  async (t) => {
    const it = new HeldElection()
    it.lead(10)
    const { attempt } = one(it.wake(), "renew")
    t.strictSame(it.take({ type: "line", line }), [])
    const decisions = it.take({ type: "written", attempt, revision: 11 })
    t.strictSame(kinds(decisions), ["announce", "renew"])
    t.strictSame(one(decisions, "renew").claim.heirs, line.heirs)
  },
)

t.test("eight heirs are published at most", async (t) => {
  const it = new HeldElection()
  it.lead(10)
  const heirs = Array.from({ length: 20 }, (_, n) => ({ key: `k${n}`, id: `m${n}` }))
  const renewal = one(it.take({ type: "line", line: { ...line, heirs } }), "renew")
  t.strictSame(renewal.claim.heirs, heirs.slice(0, 8))
})

t.test("while it winds down it does not lead, but renews and counts as not over", async (t) => {
  const it = new HeldElection()
  it.lead(10)
  t.strictSame(kinds(it.take({ type: "resign", reason: "stopping" })), ["wind-down"])
  t.notOk(it.leads)
  t.ok(it.remainingMs > 0)
  t.strictSame(kinds(it.wake()), ["renew"])
})

t.test("when it hands on, nothing remains: the next one may lead at any moment", async (t) => {
  const it = new HeldElection()
  it.lead(10)
  it.take({ type: "resign", reason: "stopping" })
  const word = one(it.take({ type: "wound-down", term: 10 }), "hand-on")
  t.match(word, { reign: { id: "me", term: 10 }, reason: "stopping" })
  t.equal(it.remainingMs, 0)
  t.equal(it.election.wakeAtMs, undefined, "and it renews no more")
})

t.test("handed over to somebody, that one comes first and the others after", async (t) => {
  const it = new HeldElection()
  it.lead(10)
  const heirs = ["b", "c", "d"].map((id) => ({ key: `key-${id}`, id }))
  const { attempt } = one(it.take({ type: "line", line: { ...line, heirs } }), "renew")
  it.take({ type: "written", attempt, revision: 11 })
  it.take({ type: "resign", reason: "handed over", to: { key: "key-c", id: "c" } })
  const { standing } = one(it.take({ type: "wound-down", term: 10 }), "hand-on")
  t.strictSame(
    standing.claim.heirs.map(({ id }) => id),
    ["c", "b", "d"],
  )
})

/** Wound down while a renewal is on its way. */
function endedWhileRenewing() {
  const it = new HeldElection()
  it.lead(10)
  const { attempt } = one(it.wake(), "renew")
  it.take({ type: "resign", reason: "stopping" })
  return { it, attempt, decisions: it.take({ type: "wound-down", term: 10 }) }
}

t.test("a renewal that is on its way is answered before the heirs are told", async (t) => {
  const { it, attempt, decisions } = endedWhileRenewing()
  t.strictSame(decisions, [])
  t.ok(it.remainingMs > 0)
  it.pass(20)
  const answered = it.take({ type: "written", attempt, revision: 11 })
  t.strictSame(kinds(answered), ["hand-on"], "nobody else is told of it")
  t.equal(one(answered, "hand-on").standing.revision, 11, "what the heir has to claim over")
  t.equal(it.remainingMs, 0)
})

t.test(
  "where it is refused, fails, or stays without an answer for a step, they are told",
  async (t) => {
    for (const type of ["refused", "unsure"] as const) {
      const { it, attempt } = endedWhileRenewing()
      t.strictSame(kinds(it.take({ type, attempt })), ["hand-on"], type)
      t.equal(it.election.wakeAtMs, undefined)
    }
    const { it, attempt } = endedWhileRenewing()
    const began = it.monoMs
    t.strictSame(kinds(it.take({ type: "connected" })), [], "it renews no more")
    t.strictSame(kinds(it.wake()), ["hand-on"])
    t.equal(it.monoMs - began, 50)
    t.strictSame(kinds(it.take({ type: "written", attempt, revision: 11 })), [])
  },
)

t.test(
  "who has handed on follows, and takes a turn after all heirs if none of them leads",
  async (t) => {
    const it = new HeldElection()
    it.lead(10)
    it.take({ type: "resign", reason: "handed over" })
    it.take({ type: "wound-down", term: 10 })
    it.take({ type: "handed-on", term: 10 })
    t.notOk(it.election.isEngaged)
    t.strictSame(kinds(it.wake()), ["claim"])
  },
)

t.test("in a crowd all are told of every fourth renewal, and at once of what is new", async (t) => {
  const it = new HeldElection()
  it.lead(10)
  let revision = 10
  const crowd = { members: 1000, silence: 2000 }
  const renewed = (attempt: number) => {
    revision += 1
    return one(it.take({ type: "written", attempt, revision }), "announce").to
  }
  const told = () => renewed(one(it.wake(), "renew").attempt)
  const news = (heirs: SuccessionLine["heirs"]) => {
    const decisions = it.take({ type: "line", line: { ...line, heirs, crowd } })
    return renewed(one(decisions, "renew").attempt)
  }
  t.equal(told(), "all", "where there are few")
  t.equal(news(line.heirs), "all")
  const many = Array.from({ length: 9 }, told)
  const toAll = many.flatMap((to, n) => (to === "all" ? [n + 1] : []))
  t.strictSame(toAll, [4, 8])
  t.equal(news([{ key: "key-c", id: "c" }]), "all", "another heir")
  t.equal(told(), "attentive")
})
