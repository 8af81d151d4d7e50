import t from "tap"
import { MemoryBus } from "../../src/backend/memory-bus.js"
import { handOn } from "../../src/coordinator/hand-on.js"
import {
  decodeClaim,
  decodeWord,
  encodeAnnouncement,
  encodeClaim,
  type StandingClaim,
  type Word,
} from "../../src/protocol/claim.js"
import { CLAIM_KEY, namesOf } from "../../src/protocol/names.js"
import { claimOf } from "../fixtures/election.js"
import { FlawedBucket } from "../fixtures/flawed-bucket.js"
import { ManualClock } from "../fixtures/manual-clock.js"

const names = namesOf("work")
const heirs = ["b", "c"].map((id) => ({ key: `key-${id}`, id }))

async function setUp() {
  const clock = new ManualClock()
  const bucket = new FlawedBucket(clock, 6000)
  const world = new MemoryBus({ clock })
  const bus = world.connect("a")
  const others = world.connect("others")
  const claim = claimOf("a", { heirs })
  const revision = await bucket.put(CLAIM_KEY, encodeClaim(claim))
  const standing: StandingClaim = { claim, revision }
  const told: (readonly [string, Word])[] = []
  const listen = (id: string, act: () => void = () => {}) =>
    others.subscribe(names.heir(id), {
      callback: (_, message) => {
        told.push([id, decodeWord(message.data)])
        act()
      },
    })
  /** `id` claims over what stands, and says so. */
  const claimAs = async (id: string, isAnnounced = true) => {
    const over = (await bucket.get(CLAIM_KEY))?.revision ?? 0
    const claim = claimOf(id)
    const revision = await bucket.write(CLAIM_KEY, encodeClaim(claim), over)
    if (isAnnounced) others.publish(names.claim, encodeAnnouncement({ claim, revision }))
  }
  const begin = (over: StandingClaim = standing) =>
    handOn(
      { bus, bucket, names, clock, stepMs: 50, by: "a" },
      { reign: { id: "a", term: revision }, standing: over, reason: "stopping" },
    )
  const now = async () => {
    const entry = await bucket.get(CLAIM_KEY)
    return entry && !entry.deleted ? decodeClaim(entry.value) : undefined
  }
  return { clock, bucket, others, standing, told, listen, claimAs, begin, now }
}

t.test(
  "the first heir is told who, which term, and why; when it has claimed no other is",
  async (t) => {
    const { clock, told, listen, claimAs, begin, standing } = await setUp()
    listen("b", () => claimAs("b"))
    listen("c")
    const handing = begin()
    await clock.pass(10)
    t.equal(await handing, "taken")
    const { revision, claim } = standing
    const reign = { id: "a", term: revision, nonce: claim.nonce }
    t.strictSame(told, [["b", { ...reign, revision, reason: "stopping" }]])
  },
)

t.test("an heir that is gone costs no time", async (t) => {
  const { clock, told, listen, claimAs, begin } = await setUp()
  listen("c", () => claimAs("c"))
  const handing = begin()
  await clock.pass(1)
  t.equal(await handing, "taken")
  t.equal(told.length, 1)
})

t.test("an heir that is there and does not claim is passed over after a step", async (t) => {
  const { clock, told, listen, claimAs, begin } = await setUp()
  listen("b")
  listen("c", () => claimAs("c"))
  const handing = begin()
  await clock.pass(49)
  t.equal(told.length, 1)
  await clock.pass(2)
  t.equal(await handing, "taken")
  t.strictSame(
    told.map(([id]) => id),
    ["b", "c"],
  )
})

t.test(
  "if no heir takes the word the release is written for all to see, and keeps the heirs",
  async (t) => {
    const { clock, begin, now } = await setUp()
    const handing = begin()
    await clock.pass(10)
    t.equal(await handing, "released")
    t.match(await now(), { id: "a", heirs, released: { by: "a", reason: "stopping" } })
  },
)

t.test("a claim whose announcement was lost is not overwritten by a release", async (t) => {
  const { clock, listen, claimAs, begin, now } = await setUp()
  listen("b", () => claimAs("b", false))
  const handing = begin()
  await clock.pass(200)
  t.equal(await handing, "taken")
  t.match(await now(), { id: "b", released: undefined })
})

t.test("a last renewal that slipped in is released all the same", async (t) => {
  const { clock, bucket, standing, begin, now } = await setUp()
  const { claim, revision } = standing
  await bucket.put(CLAIM_KEY, encodeClaim({ ...claim, term: revision }))
  const handing = begin()
  await clock.pass(10)
  t.equal(await handing, "released")
  t.ok((await now())?.released)
})

t.test("a read that shows the past is tried again a step later, and not at once", async (t) => {
  const { clock, bucket, standing, begin, now } = await setUp()
  const past = await bucket.get(CLAIM_KEY)
  await bucket.put(CLAIM_KEY, encodeClaim({ ...standing.claim, term: standing.revision }))
  bucket.reads.push(past, past)
  const handing = begin()
  await clock.pass(99)
  t.equal(bucket.tried.length, 2)
  await clock.pass(10)
  t.equal(await handing, "released")
  t.ok((await now())?.released)
})

t.test("a release whose acknowledgement was lost counts as written", async (t) => {
  const { clock, bucket, begin } = await setUp()
  bucket.writes.push("answer lost")
  const handing = begin()
  await clock.pass(60)
  t.equal(await handing, "released")
})

t.test(
  "a bucket that does not answer is asked again, and given up when the claim has lapsed anyway",
  async (t) => {
    const { clock, bucket, begin } = await setUp()
    for (let n = 0; n < 100; n++) bucket.writes.push("silent")
    const handing = begin()
    handing.catch(() => {})
    await clock.pass(2400)
    await t.rejects(handing, /no answer/)
    t.ok(bucket.tried.length > 5)
    t.equal(clock.alarms, 0)
  },
)

t.test("where the claim was deleted there is nothing to release", async (t) => {
  const { clock, bucket, standing, begin, now } = await setUp()
  await bucket.remove(CLAIM_KEY, standing.revision)
  const handing = begin()
  await clock.pass(10)
  await handing
  t.equal(await now(), undefined)
})

t.test("the answer of the heir ends the waiting, though nothing is announced yet", async (t) => {
  const { clock, others, told, begin, standing } = await setUp()
  const claim = { ...standing.claim, id: "b", key: "2.b", nonce: "b-1" }
  others.subscribe(names.heir("b"), {
    callback: (_, message) =>
      message.respond(encodeAnnouncement({ claim, revision: standing.revision + 1 })),
  })
  const handing = begin()
  await clock.pass(1)
  t.equal(await handing, "taken")
  t.strictSame(told, [], "and the next in line is not told")
})
