import t from "tap"
import { Troubles } from "../../src/contracts/troubles.js"
import { Membership, type SelfPortrait } from "../../src/membership/membership.js"
import { decodeMember, encodeMember, memberKey } from "../../src/protocol/member.js"
import { FlawedBucket } from "../fixtures/flawed-bucket.js"
import { ManualClock, settled } from "../fixtures/manual-clock.js"
import { member } from "../fixtures/members.js"

function setUp(id = "id-a") {
  const clock = new ManualClock()
  const bucket = new FlawedBucket(clock, 6000)
  const reports: string[] = []
  let done = 0
  let restMs: number | undefined
  const join = (id: string) => {
    const { key: _, start: __, ...portrait } = member("a", { id })
    return new Membership({
      bucket,
      clock,
      beatMs: 2000,
      restMs: () => restMs,
      portrait: (): SelfPortrait => ({ ...portrait, counters: { done, failed: 0, busy: 0 } }),
      troubles: new Troubles(clock, (problem) => reports.push(problem)),
    })
  }
  const membership = join(id)
  const entry = async () => {
    const found = await bucket.get(membership.key)
    return found && !found.deleted ? decodeMember(found.key, found.value) : undefined
  }
  const rest = (ms: number | undefined) => {
    restMs = ms
  }
  return { clock, bucket, reports, membership, join, entry, rest, work: () => ++done }
}

t.test("the key is the start on the server's clock, and the entry says who it is", async (t) => {
  const { membership, entry } = setUp()
  await membership.join()
  t.equal(membership.key, "1700000000000000.a")
  t.match(await entry(), { id: "id-a", name: "a", start: 1_700_000_000_000_000 })
  await membership.leave()
})

t.test(
  "two members of the same name that start in the same microsecond get a key each",
  async (t) => {
    const { bucket, membership, join } = setUp()
    const other = join("id-other")
    await Promise.all([membership.join(), other.join()])
    t.not(membership.key, other.key)
    t.strictSame(
      (await bucket.entries()).map(({ key }) => key),
      ["1700000000000000.a", "1700000000000001.a", "clock"],
    )
    await Promise.all([membership.leave(), other.leave()])
  },
)

t.test("the entry is renewed with every beat, with what is so by then", async (t) => {
  const { clock, membership, entry, work } = setUp()
  await membership.join()
  work()
  await clock.pass(1999)
  t.equal((await entry())?.counters.done, 0)
  await clock.pass(1)
  t.equal((await entry())?.counters.done, 1)
  await membership.leave()
})

t.test(
  "a renewal whose acknowledgement was lost is adopted, and the entry written again",
  async (t) => {
    const { clock, bucket, membership, work, entry } = setUp()
    await membership.join()
    bucket.writes.push("answer lost")
    await clock.pass(2000)
    work()
    await clock.pass(2000)
    t.equal((await entry())?.counters.done, 1)
    await membership.leave()
    t.equal(await entry(), undefined)
  },
)

t.test(
  "who may rest renews every other beat, as the entry says; and each again once not",
  async (t) => {
    const { clock, bucket, membership, entry, rest } = setUp()
    await membership.join()
    const { key } = membership
    const revision = async () => (await bucket.get(key))?.revision ?? 0
    /** Whether the entry was renewed in the next beat. */
    const beat = async () => {
      const before = await revision()
      await clock.pass(2000)
      return (await revision()) > before
    }
    rest(4000)
    t.ok(await beat(), "the last entry said that it would be renewed by now")
    t.match(await entry(), { beat: 4000 })
    t.strictSame(
      [await beat(), await beat(), await beat(), await beat()],
      [false, true, false, true],
    )
    rest(undefined)
    t.ok(await beat(), "at the next beat")
    t.equal((await entry())?.beat, undefined)
    t.ok(await beat())
    await membership.leave()
  },
)

t.test("one that rests and could not be renewed is tried again with the next beat", async (t) => {
  const { clock, bucket, reports, membership, entry, rest } = setUp()
  rest(4000)
  await membership.join()
  bucket.writes.push("silent", "silent", "silent")
  await clock.pass(4000)
  t.equal(bucket.tried.length, 2)
  await clock.pass(2000)
  t.match(reports, ["the entry was not renewed", /^over/])
  t.match(await entry(), { beat: 4000 })
  await membership.leave()
})

t.test("a renewal that nobody answers does not hold up the next one", async (t) => {
  const { clock, bucket, reports, membership, work, entry } = setUp()
  await membership.join()
  bucket.writes.push("silent", "silent", "silent")
  await clock.pass(2000)
  work()
  await clock.pass(2000)
  const over = "over after 0 ms: the entry was not renewed"
  t.strictSame(reports, ["the entry was not renewed", over])
  t.equal((await entry())?.counters.done, 1)
  await membership.leave()
})

t.test(
  "a renewal that one server did not answer is there before the next one is due",
  async (t) => {
    const { clock, bucket, reports, membership, work, entry } = setUp()
    await membership.join()
    bucket.writes.push("silent")
    work()
    await clock.pass(2000 + 800)
    t.equal((await entry())?.counters.done, 1)
    t.strictSame(reports, [])
    await membership.leave()
  },
)

t.test("while nobody answers renewals do not pile up", async (t) => {
  const { clock, bucket, membership } = setUp()
  await membership.join()
  bucket.writes.push("silent", "silent", "silent")
  const waiting = [membership.renew(), membership.renew(), membership.renew(), membership.renew()]
  await clock.pass(2000)
  await Promise.all(waiting)
  // Its first, one that was tried three times, and the one that was waiting for it.
  t.ok(bucket.tried.length <= 5, `${bucket.tried.length} writes`)
  await membership.leave()
})

t.test(
  "an entry that expired while the process was frozen is written again under its key",
  async (t) => {
    const { clock, bucket, membership, entry } = setUp()
    await membership.join()
    bucket.writes.push("lost", "lost", "lost", "lost")
    await clock.pass(7000)
    t.equal(await entry(), undefined)
    await clock.pass(3000)
    t.match(await entry(), { id: "id-a" })
    await membership.leave()
  },
)

t.test("after the bucket was purged, or created anew, the entry is written again", async (t) => {
  for (const isAnew of [false, true]) {
    const { clock, bucket, reports, membership, entry } = setUp()
    await membership.join()
    const { key } = membership
    bucket.wipe(isAnew ? Number.POSITIVE_INFINITY : 0)
    await clock.pass(2000)
    t.match(await entry(), { id: "id-a" })
    t.equal(membership.key, key)
    t.strictSame(reports, [])
    await membership.leave()
  }
})

t.test("a refused renewal is looked into until the read shows the present", async (t) => {
  const { clock, bucket, membership, entry } = setUp()
  await membership.join()
  const before = await bucket.get(membership.key)
  bucket.writes.push("answer lost")
  await clock.pass(2000)
  bucket.reads.push(before, before)
  await clock.pass(2100)
  t.equal((await entry())?.id, "id-a")
  t.equal(membership.key, "1700000000000000.a", "and not under another key")
  await membership.leave()
})

t.test("where somebody else wrote the entry a new key is taken, and said", async (t) => {
  const { clock, bucket, reports, membership, entry } = setUp()
  await membership.join()
  const taken = membership.key
  await bucket.put(taken, encodeMember(member("a", { id: "id-thief" })))
  await clock.pass(2000)
  t.match(reports, [/somebody else wrote the entry/])
  t.equal(membership.key, "1700000000000001.a")
  t.match(await entry(), { id: "id-a" })
  await membership.leave()
  t.ok(await bucket.get(taken), "what is another's stays")
})

t.test("leaving deletes the entry also if its last acknowledgement was lost", async (t) => {
  const { clock, bucket, membership, entry } = setUp()
  await membership.join()
  bucket.writes.push("answer lost")
  await clock.pass(2000)
  await membership.leave()
  t.equal(await entry(), undefined)
  t.equal(clock.alarms, 0, "and no timer is left")
})

t.test("an entry that can't be deleted is left to expire, and that is said", async (t) => {
  const { bucket, reports, membership } = setUp()
  await membership.join()
  bucket.removes.push("fails")
  await membership.leave()
  t.strictSame(reports, ["the entry could not be deleted; it will expire"])
})

t.test("joining does not turn in circles on a replica that lags", async (t) => {
  const { clock, bucket, membership } = setUp()
  bucket.reads.push(undefined, undefined)
  const joining = membership.join()
  await settled()
  t.equal(membership.key, "", "it waits a little before it asks again")
  await clock.pass(40)
  await joining
  t.equal(membership.key, memberKey(1_700_000_000_040_000, "a"))
  await membership.leave()
})

t.test("joining gives up where the bucket never shows what was written", async (t) => {
  const { clock, bucket, membership } = setUp()
  bucket.reads.push(...new Array(8).fill(undefined))
  const joining = membership.join()
  joining.catch(() => {})
  await clock.pass(1000)
  await t.rejects(joining, /does not show what was written/)
})
