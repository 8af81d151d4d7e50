import t from "tap"
import { LocalPools } from "../../src/backend/local-pools.js"
import { MemoryBucket } from "../../src/backend/memory-bucket.js"
import type { Bucket } from "../../src/contracts/bucket.js"
import { Troubles } from "../../src/contracts/troubles.js"
import { encodeAnnouncement, encodeClaim } from "../../src/protocol/claim.js"
import { encodeMember } from "../../src/protocol/member.js"
import { CLAIM_KEY } from "../../src/protocol/names.js"
import { OtherPools, type OtherPoolsOptions } from "../../src/strategies/other-pools.js"
import { ManualClock } from "../fixtures/manual-clock.js"
import { member } from "../fixtures/members.js"

function stage(
  options: Partial<OtherPoolsOptions> = {},
  clock = new ManualClock(),
  bucket = new MemoryBucket(clock, 6000),
) {
  const bus = new LocalPools({ clock }).connect()
  const problems: string[] = []
  const otherPools = new OtherPools({
    pools: ["thumbnails"],
    bus,
    clock,
    refreshMs: 6000,
    answerMs: 250,
    find: async () => bucket,
    troubles: new Troubles(clock, (problem) => problems.push(problem)),
    ...options,
  })
  /** Has a member on `host` lead, with or without saying so. */
  const lead = async (host: string, isAnnounced = true) => {
    const leader = member("z", { host })
    await bucket.put(leader.key, encodeMember(leader))
    const { key, id, name } = leader
    const claim = { key, id, name, nonce: id, lease: 2000, since: "", heirs: [], strategy: "" }
    const standing = { claim: { ...claim, reason: "" }, revision: 0 }
    const revision = await bucket.put(CLAIM_KEY, encodeClaim(standing.claim))
    if (isAnnounced) {
      bus.publish("thumbnails.claim", encodeAnnouncement({ ...standing, revision }))
    }
  }
  const host = () => otherPools.around.leaders.get("thumbnails")?.host
  return { clock, bucket, otherPools, lead, host, problems }
}

t.test("the host of another pool's leader is read from its bucket", async (t) => {
  const { otherPools, lead, host } = stage()
  t.equal((await otherPools.look()).leaders.size, 0)
  await lead("h1")
  await otherPools.look()
  t.equal(host(), "h1")
})

t.test("a change of leader there is heard, and told once", async (t) => {
  const { otherPools, lead, host, clock } = stage()
  await lead("h1")
  let news = 0
  const stop = otherPools.follow(() => {
    news += 1
  })
  await clock.pass(1)
  t.equal(host(), "h1")
  await lead("h2")
  await clock.pass(1)
  t.equal(host(), "h2")
  t.equal(news, 2)
  stop()
  await lead("h3")
  await clock.pass(10_000)
  t.equal(host(), "h2")
  t.equal(clock.alarms, 0)
})

t.test("a pool that is gone is avoided no longer, though nobody says so", async (t) => {
  const { otherPools, lead, host, clock } = stage()
  await lead("h1")
  const stop = otherPools.follow(() => {})
  await clock.pass(1)
  t.equal(host(), "h1")
  await clock.pass(12_000)
  t.equal(host(), undefined, "its entry has expired")
  stop()
})

t.test("a bucket that does not answer in time is not waited for", async (t) => {
  const { otherPools, clock, problems } = stage({ find: () => new Promise(() => {}) })
  const looked = otherPools.look()
  await clock.pass(250)
  t.equal((await looked).leaders.size, 0)
  t.match(problems, [/who leads pool thumbnails is not known/])
})

t.test("a slow look does not undo what a later one saw", async (t) => {
  const clock = new ManualClock()
  const bucket = new MemoryBucket(clock, 6000)
  /** Reads of the claim that are held back, each with what it saw. */
  const held: (() => void)[] = []
  let isSlow = false
  const slow = {
    get(key: string) {
      const seen = bucket.get(key)
      if (!isSlow || key !== CLAIM_KEY) return seen
      return new Promise<Awaited<typeof seen>>((resolve) => held.push(() => resolve(seen)))
    },
  } as Bucket
  const { otherPools, host, lead } = stage({ find: async () => slow }, clock, bucket)
  let news = 0
  const stop = otherPools.follow(() => {
    news += 1
  })
  await clock.pass(1)
  isSlow = true
  await lead("h1", false)
  const first = otherPools.look()
  await clock.pass(1)
  isSlow = false
  await lead("h2")
  await clock.pass(1)
  t.equal(host(), "h2")
  for (const answer of held) answer()
  await first
  t.equal(host(), "h2")
  t.equal(news, 1)
  stop()
})

t.test("a slow look that fails does not forget what a later one saw", async (t) => {
  const clock = new ManualClock()
  const bucket = new MemoryBucket(clock, 6000)
  let isSilent = true
  const silent = {
    get: (key: string) => (isSilent ? new Promise(() => {}) : bucket.get(key)),
  } as Bucket
  const { otherPools, host, lead } = stage({ find: async () => silent }, clock, bucket)
  const first = otherPools.look()
  await clock.pass(100)
  isSilent = false
  await lead("h1", false)
  await otherPools.look()
  await clock.pass(200)
  await first
  t.equal(host(), "h1")
})
