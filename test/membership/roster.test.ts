import t from "tap"
import { MemoryBucket } from "../../src/backend/memory-bucket.js"
import type { Bucket, WatchListener } from "../../src/contracts/bucket.js"
import { Roster, type RosterChange } from "../../src/membership/roster.js"
import { encodeClaim } from "../../src/protocol/claim.js"
import { foundIn, membersIn } from "../../src/protocol/entries.js"
import { encodeMember, type Member } from "../../src/protocol/member.js"
import { CLAIM_KEY, CLOCK_KEY } from "../../src/protocol/names.js"
import { claimOf } from "../fixtures/election.js"
import { ManualClock } from "../fixtures/manual-clock.js"
import { member } from "../fixtures/members.js"

const bytes = (text: string) => new TextEncoder().encode(text)

async function setUp(members: readonly Member[] = [], canHear?: () => boolean) {
  const clock = new ManualClock()
  const bucket = new MemoryBucket(clock, 6000)
  const write = (it: Member) => bucket.put(it.key, encodeMember(it))
  for (const it of members) await write(it)
  const changes: string[] = []
  let listener: WatchListener | undefined
  const watched = {
    watch: (it: WatchListener) => {
      listener = it
      return bucket.watch(it)
    },
  } as Bucket
  const roster = new Roster({
    bucket: watched,
    clock,
    memberTtlMs: 6000,
    ...(canHear && { canHear }),
    onChange: (change) => changes.push(inWords(change)),
  })
  await roster.start()
  const names = () => roster.members.map(({ name }) => name)
  const news = () => changes.splice(0)
  return { clock, bucket, roster, write, names, news, listener: () => listener as WatchListener }
}

function inWords(change: RosterChange): string {
  if (change.type === "complete") return "complete"
  if (change.type === "claim") return `claim ${change.found.kind}`
  if (change.type === "unreadable" || change.type === "absent")
    return `${change.type} ${change.key}`
  return `${change.member.name} ${change.type}${change.type === "gone" ? ` (${change.how})` : ""}`
}

t.test("tells who is there, that this is all, then who comes, changes and leaves", async (t) => {
  const [a, b] = [member("a"), member("b")]
  const { bucket, roster, write, names, news } = await setUp([b, a])
  t.strictSame(news(), ["a joined", "b joined", "complete"])
  const revision = await write({ ...b, state: "paused" })
  await bucket.remove(b.key, revision)
  t.strictSame(news(), ["b changed", "b gone (left)"])
  t.strictSame(names(), ["a"])
  roster.stop()
})

t.test(
  "members are in order of seniority, whatever the order in which they were heard",
  async (t) => {
    const [a, b, c] = [member("a"), member("b"), member("c")]
    const { roster, names } = await setUp([c, a, b])
    t.strictSame(names(), ["a", "b", "c"])
    roster.stop()
  },
)

t.test(
  "one that is not renewed for as long as its entry can live is gone, though no server says so",
  async (t) => {
    const [a, b] = [member("a"), member("b")]
    const { clock, roster, write, names, news } = await setUp([a, b])
    news()
    await clock.pass(4000)
    await write(a)
    await clock.pass(4000)
    t.strictSame(names(), ["a"])
    t.ok(news().includes("b gone (expired)"))
    roster.stop()
    t.equal(clock.alarms, 0)
  },
)

t.test(
  "when the watch is opened anew, who is not heard again is gone, and so is a claim",
  async (t) => {
    const [a, b] = [member("a"), member("b")]
    const { bucket, roster, names, news, listener } = await setUp([a, b])
    await bucket.put(CLAIM_KEY, encodeClaim(claimOf("a")))
    news()
    listener().restart?.()
    const [entry] = await bucket.entries()
    if (entry) listener().heard(entry)
    listener().caughtUp?.()
    t.strictSame(names(), ["a"])
    t.strictSame(news(), ["a changed", "b gone (expired)", "claim none"])
    roster.stop()
  },
)

t.test("an entry that nobody can read is reported, and stops nothing", async (t) => {
  const { bucket, roster, write, news } = await setUp()
  news()
  await bucket.put("1700000000000000.x", bytes("not JSON"))
  await bucket.put("by.hand", bytes("{}"))
  await bucket.put(CLOCK_KEY, bytes(""))
  await write(member("a"))
  t.strictSame(news(), ["unreadable 1700000000000000.x", "unreadable by.hand", "a joined"])
  roster.stop()
})

t.test("after it was stopped it tells nothing", async (t) => {
  const { roster, write, news } = await setUp()
  news()
  roster.stop()
  await write(member("a"))
  t.strictSame(news(), [])
})

t.test(
  "what stands under the claim's key: a claim, nothing, a deletion's mark, or something else",
  async (t) => {
    const entry = { key: CLAIM_KEY, value: bytes("x"), revision: 3, writtenMs: 0, deleted: false }
    t.strictSame(foundIn(undefined), { kind: "none", revision: 0 })
    t.strictSame(foundIn({ ...entry, deleted: true }), { kind: "none", revision: 3 })
    t.strictSame(foundIn(entry), { kind: "broken", revision: 3 })
    t.match(foundIn({ ...entry, value: encodeClaim(claimOf("a")) }), {
      kind: "claim",
      standing: { revision: 3 },
    })
  },
)

t.test("the members in a list of entries, without what is none", async (t) => {
  const a = member("a")
  const entry = (key: string, value: Uint8Array) => ({
    key,
    value,
    revision: 1,
    writtenMs: 0,
    deleted: false,
  })
  const listed = [
    entry(CLAIM_KEY, encodeClaim(claimOf("a"))),
    entry("1700000000000000.x", bytes("not JSON")),
    entry(a.key, encodeMember(a)),
  ]
  t.strictSame(membersIn(listed), [a])
})

t.test(
  "who can't hear drops nobody, and gives all their whole time again afterwards",
  async (t) => {
    let isUp = true
    const [a, b] = [member("a"), member("b")]
    const { clock, roster, write, names, news } = await setUp([a, b], () => isUp)
    news()
    isUp = false
    await clock.pass(60_000)
    isUp = true
    await clock.pass(5_000)
    t.strictSame(names(), ["a", "b"])
    t.strictSame(news(), ["a late", "b late"])
    await write(a)
    await clock.pass(3_500)
    t.strictSame(news(), ["a changed", "b gone (expired)"])
    roster.stop()
  },
)

t.test("a process that stood still drops nobody for what it could not hear", async (t) => {
  const [a, b] = [member("a"), member("b")]
  const { clock, roster, write, names, news } = await setUp([a, b])
  news()
  clock.standStill(60_000)
  await clock.pass(0)
  t.strictSame(names(), ["a", "b"])
  await clock.pass(5_000)
  t.strictSame(names(), ["a", "b"])
  await write(a)
  await clock.pass(2_000)
  t.strictSame(
    news(),
    ["a late", "b late", "a changed", "b gone (expired)"],
    "and who stays silent then is gone",
  )
  roster.stop()
})

t.test(
  "an entry that is missing in a view opened anew may be written again for a while",
  async (t) => {
    const [a, b] = [member("a"), member("b")]
    const { clock, roster, write, news, listener } = await setUp([a, b], () => true)
    news()
    listener().restart?.()
    listener().caughtUp?.()
    t.strictSame(news(), ["claim none"])
    await clock.pass(2_000)
    await write(a)
    await clock.pass(3_000)
    t.strictSame(news(), ["a late", "b late", "a changed", "b gone (expired)"])
    roster.stop()
  },
)

t.test("who misses a renewal is late, told once, until it renews", async (t) => {
  const [a, b] = [member("a"), member("b")]
  const { clock, roster, write, news } = await setUp([a, b])
  news()
  await clock.pass(2_500)
  await write(a)
  t.notOk(roster.isLate(b.key))
  await clock.pass(1_500)
  t.ok(roster.isLate(b.key))
  await clock.pass(400)
  t.strictSame(news(), ["a changed", "b late"])
  await write(b)
  t.notOk(roster.isLate(b.key))
  roster.stop()
})

t.test("who said that it renews every other lease is late half a lease after that", async (t) => {
  const [a, b] = [member("a", { beat: 4_000 }), member("b")]
  const { clock, roster, news } = await setUp([a, b])
  news()
  await clock.pass(4_400)
  t.strictSame(news(), ["b late"])
  await clock.pass(1_600)
  t.strictSame(news(), ["a late"])
  roster.stop()
})

t.test("how long the silent have been silent is known from the first sight on", async (t) => {
  const clock = new ManualClock()
  const bucket = new MemoryBucket(clock, 6000)
  const [a, b] = [member("a"), member("b")]
  await bucket.put(a.key, encodeMember(a))
  await clock.pass(4_000)
  await bucket.put(b.key, encodeMember(b))
  const roster = new Roster({ bucket, clock, memberTtlMs: 6000, onChange: () => {} })
  await roster.start()
  t.strictSame(
    [a, b].map(({ key }) => roster.isLate(key)),
    [true, false],
  )
  t.equal(roster.silentMs(a.key), 4_000)
  roster.stop()
})

t.test("a view opened anew does not make the silent look renewed", async (t) => {
  const [a, b] = [member("a"), member("b")]
  const { bucket, clock, roster, write, listener } = await setUp([a, b])
  const again = async () => {
    listener().restart?.()
    for (const entry of await bucket.entries()) listener().heard(entry)
    listener().caughtUp?.()
  }
  await clock.pass(2_000)
  await write(b)
  await again()
  await clock.pass(2_000)
  t.strictSame(
    [a, b].map(({ key }) => roster.isLate(key)),
    [true, false],
  )
  await again()
  t.strictSame(
    [a, b].map(({ key }) => roster.isLate(key)),
    [true, false],
  )
  roster.stop()
})

t.test("a view that is never told to be complete is so when all must have renewed", async (t) => {
  const clock = new ManualClock()
  const bucket = new MemoryBucket(clock, 6000)
  const a = member("a")
  const write = () => bucket.put(a.key, encodeMember(a))
  await write()
  const watch = ({ heard }: WatchListener) => bucket.watch({ heard })
  const news: string[] = []
  const onChange = (change: RosterChange) => news.push(inWords(change))
  const roster = new Roster({ bucket: { watch } as Bucket, clock, memberTtlMs: 6000, onChange })
  await roster.start()
  await clock.pass(2_000)
  await write()
  t.notOk(news.includes("complete"))
  await clock.pass(1_000)
  t.ok(news.includes("complete"))
  roster.stop()
})

t.test("the mark of one who was never seen is told as such", async (t) => {
  const clock = new ManualClock()
  const bucket = new MemoryBucket(clock, 6000)
  const a = member("a")
  const revision = await bucket.put(a.key, encodeMember(a))
  await bucket.remove(a.key, revision)
  const news: string[] = []
  const onChange = (change: RosterChange) => news.push(inWords(change))
  const roster = new Roster({ bucket, clock, memberTtlMs: 6000, onChange })
  await roster.start()
  t.strictSame(news, [`absent ${a.key}`, "complete"])
  roster.stop()
})
