/** Why a reign ended, as its AbortSignal says it: each reason occurs, and is right. */
import t from "tap"
import type { MemoryBucket } from "../../src/backend/memory-bucket.js"
import type { Entry } from "../../src/contracts/bucket.js"
import { membersIn } from "../../src/protocol/entries.js"
import { CLAIM_KEY } from "../../src/protocol/names.js"
import { joinPool } from "../../src/worker/worker.js"
import { testLocal } from "../fixtures/local.js"

/** Why the reigns ended, in order. */
const ends = (reigns: readonly { name: string; reason?: string }[]) =>
  reigns.flatMap(({ name, reason }) => (reason ? [`${name}: ${reason}`] : []))

t.test("stopping: the worker left", async (t) => {
  const { joinAll, clock, during, reigns } = testLocal(t)
  const [a] = await joinAll("a", "b")
  await clock.pass(200)
  await during(100, a?.leave() ?? Promise.resolve())
  t.strictSame(ends(reigns), ["a: stopping"])
})

t.test("a leader that leaves writes nothing while its heir claims", async (t) => {
  const { joinAll, clock, during, local, bucketOf } = testLocal(t)
  const [a] = await joinAll("a", "b")
  await clock.pass(1000)
  let isLeaving = false
  const written: string[] = []
  const heard = ({ key }: Entry) => void (isLeaving && written.push(key))
  const stop = await local.bucket("work")?.watch({ heard })
  await clock.pass(0)
  isLeaving = true
  bucketOf("b").state = "hangs"
  const left = a?.leave() ?? Promise.resolve()
  await clock.pass(19)
  t.strictSame(written, [])
  await clock.pass(1)
  t.strictSame(written, [a?.member.key], "longer than that it does not wait")
  bucketOf("b").state = "works"
  await during(5000, left)
  stop?.()
})

t.test("a leader that takes long to wind down shows meanwhile that it leaves", async (t) => {
  const { join, clock, during, local } = testLocal(t)
  let finish: () => void = () => {}
  const a = await join("a", { lead: () => new Promise<void>((resolve) => (finish = resolve)) })
  await clock.pass(1000)
  const left = a.leave()
  await clock.pass(20)
  const [entry] = membersIn((await local.bucket("work")?.entries()) ?? [])
  t.equal(entry?.state, "draining")
  finish()
  await during(100, left)
})

t.test("handed over: it was told to, with and without a name", async (t) => {
  const { joinAll, clock, during, reigns } = testLocal(t)
  const [a, b, c] = await joinAll("a", "b", "c")
  await clock.pass(200)
  await during(100, a?.handOver(c?.id) ?? Promise.resolve())
  t.ok(c?.isLeader)
  await during(100, c?.handOver() ?? Promise.resolve())
  t.ok(a?.isLeader || b?.isLeader)
  t.strictSame(ends(reigns), ["a: handed over", "c: handed over"])
})

t.test("released: lead returned, and that means release", async (t) => {
  const { join, clock, reigns } = testLocal(t)
  let finish: () => void = () => {}
  await join("a", {
    lead: () => new Promise<void>((resolve) => (finish = resolve)),
    leadReturns: "release",
  })
  const b = await join("b", {
    lead: ({ signal }) => new Promise((r) => signal.addEventListener("abort", r)),
  })
  await clock.pass(500)
  finish()
  await clock.pass(500)
  t.ok(b.isLeader)
  t.strictSame(ends(reigns), ["a: released"])
})

t.test("failed: lead threw", async (t) => {
  const { join, clock, reigns } = testLocal(t)
  let isBroken = true
  const a = await join("a", {
    lead: async () => {
      if (isBroken) throw new Error("no disk")
    },
  })
  const before = a.id
  await join("b")
  await clock.pass(190)
  isBroken = false
  await clock.pass(500)
  t.not(a.id, before)
  t.equal(ends(reigns)[0], "a: failed")
})

t.test("lease over: no renewal was acknowledged, though connected", async (t) => {
  const { joinAll, clock, reigns, bucketOf } = testLocal(t)
  const [a, b] = await joinAll("a", "b")
  await clock.pass(1000)
  bucketOf("a").state = "hangs"
  await clock.pass(1900)
  t.strictSame(ends(reigns), ["a: lease over"])
  t.notOk(a?.isLeader)
  await clock.pass(600)
  t.ok(b?.isLeader)
  bucketOf("a").state = "works"
})

t.test("disconnected too long: the same, and the connection is known to be lost", async (t) => {
  const { joinAll, clock, reigns, bucketOf, connection } = testLocal(t)
  await joinAll("a", "b")
  await clock.pass(1000)
  bucketOf("a").state = "fails"
  connection("a", false)
  await clock.pass(1900)
  t.strictSame(ends(reigns), ["a: disconnected too long"])
  bucketOf("a").state = "works"
  connection("a", true)
})

t.test("evicted: somebody else's claim stands in place of its own", async (t) => {
  const { joinAll, clock, reigns, local } = testLocal(t)
  await joinAll("a", "b")
  await clock.pass(1000)
  const bucket = local.bucket("work")
  const entry = await bucket?.get(CLAIM_KEY)
  const claim = JSON.parse(new TextDecoder().decode(entry?.value))
  const other = { ...claim, id: "other", name: "other", nonce: "other", term: undefined }
  await bucket?.put(CLAIM_KEY, new TextEncoder().encode(JSON.stringify(other)))
  await clock.pass(100)
  t.strictSame(ends(reigns), ["a: evicted"])
})

t.test("bucket lost: its claim was deleted, or all was", async (t) => {
  const { joinAll, clock, reigns, local } = testLocal(t)
  await joinAll("a", "b")
  await clock.pass(1000)
  const bucket = local.bucket("work") as MemoryBucket
  await bucket.remove(CLAIM_KEY, (await bucket.get(CLAIM_KEY))?.revision ?? 0)
  await clock.pass(1000)
  t.strictSame(ends(reigns), ["a: bucket lost"])
  await clock.pass(5000)
  bucket.wipe(Number.POSITIVE_INFINITY)
  await clock.pass(2000)
  t.match(ends(reigns)[1], /: bucket lost$/)
})

t.test("the signal fires once, with the term, and leadership knows that it is over", async (t) => {
  const { join, clock, during } = testLocal(t)
  const a = await join("a")
  await clock.pass(200)
  const leadership = a.leadership
  t.ok(leadership?.isLeading())
  t.ok((leadership?.remainingMs() ?? 0) > 1000)
  await during(100, a.leave())
  t.match(leadership?.signal.reason, {
    name: "ReignEnded",
    code: "reign-ended",
    reason: "stopping",
    term: leadership?.term,
  })
  t.notOk(leadership?.isLeading())
  t.equal(leadership?.remainingMs(), 0)
})

t.test("who leads is told when it changes, and not with every renewal", async (t) => {
  const { joinAll, clock, during, news } = testLocal(t)
  const [a, b] = await joinAll("a", "b", "c")
  await clock.pass(10_000)
  await during(100, a?.leave() ?? Promise.resolve())
  await clock.pass(10_000)
  const heard = news.filter(({ name }) => name === "c").map(({ leader }) => leader?.name)
  t.strictSame(heard, ["a", "b"])
  const own = news.filter(({ name }) => name === "b").map(({ isSelf }) => isSelf)
  t.strictSame(own, [false, true])
  t.match(b?.news, { leader: { name: "b", id: b?.id, term: b?.leadership?.term }, isSelf: true })
})

t.test("followers are told that nobody leads, and since when", async (t) => {
  const { join, clock, news, bucketOf } = testLocal(t)
  await join("a")
  const b = await join("b", { eligible: false })
  await clock.pass(1000)
  bucketOf("a").state = "hangs"
  await clock.pass(2100)
  t.match(news.at(-1), { name: "b", leader: undefined, isSelf: false, reason: "lease over" })
  t.equal(Math.round(news.at(-1)?.nobodySinceMs ?? 0), 200, "since its holder must have stopped")
  await clock.pass(1000)
  t.ok((b.news.nobodySinceMs ?? 0) > 1000, "it grows")
  bucketOf("a").state = "works"
  await clock.pass(1000)
  t.match(b.news, { leader: { name: "a" } })
})

t.test("a release is news for all: nobody leads, and why", async (t) => {
  const { join, clock, during, news } = testLocal(t)
  const a = await join("a")
  await join("b", { eligible: false })
  await clock.pass(1000)
  await during(1000, a.leave())
  t.match(news.filter(({ name }) => name === "b").at(-1), { leader: undefined, reason: "stopping" })
})

t.test("callbacks of the program that throw cost nobody the seat", async (t) => {
  const { join, clock, problems } = testLocal(t)
  const fails = () => {
    throw new Error("mine")
  }
  const rejects = async () => fails()
  const a = await join("a", { onLeader: fails, onClaim: rejects, onReign: fails, onJoined: fails })
  await clock.pass(10_000)
  t.ok(a.isLeader)
  const named = ["onLeader", "onClaim", "onReign"].map((name) => `${name} of the program failed`)
  t.ok(named.every((name) => problems.some((problem) => problem.includes(`${name} Error: mine`))))
})

t.test("a bucket down from the beginning is told to who joins", async (t) => {
  const { local, clock } = testLocal(t)
  const backend = local.backend.bind(local)
  local.backend = (...of) => {
    const made = backend(...of)
    return {
      ...made,
      bucket: { ...made.bucket, put: () => Promise.reject(new Error("down")) } as never,
    }
  }
  await t.rejects(joinPool({ local, name: "a" }), /down/)
  t.equal(clock.alarms, 0)
})
