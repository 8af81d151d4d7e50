import t, { type Test } from "tap"
import { MemoryBucket } from "../../src/backend/memory-bucket.js"
import type { Bucket, WatchListener } from "../../src/contracts/bucket.js"
import { Troubles } from "../../src/contracts/troubles.js"
import type { BegunReign, SuccessionLine } from "../../src/election/events.js"
import { SIZES } from "../../src/protocol/crowd.js"
import { encodeMember, type Member } from "../../src/protocol/member.js"
import { oldest, weight } from "../../src/strategies/built-in-strategies.js"
import { LineWatch } from "../../src/strategies/line-watch.js"
import type { Strategy } from "../../src/strategies/strategy.js"
import { ManualClock } from "../fixtures/manual-clock.js"
import { member } from "../fixtures/members.js"

const TTL_MS = 6000
const BEAT_MS = TTL_MS / 3

interface Staged {
  readonly reign?: BegunReign
  readonly strategy?: Strategy
  readonly preemptAfterMs?: number
  /** Whether the view of the bucket is told to be complete; default true. */
  readonly isCompleted?: boolean
}

/** A leader's own view of its line. */
function stage(t: Test, self: Member, given: Staged = {}) {
  const { reign = { term: 1 }, strategy = oldest, preemptAfterMs, isCompleted = true } = given
  const clock = new ManualClock()
  const bucket = new MemoryBucket(clock, TTL_MS)
  const lines: SuccessionLine[] = []
  const gone: string[] = []
  const better: string[] = []
  let listener: WatchListener | undefined
  const watched = {
    watch(it: WatchListener) {
      listener = it
      return bucket.watch(isCompleted ? it : { heard: (entry) => it.heard(entry) })
    },
  } as Bucket
  const watch = new LineWatch({
    bucket: watched,
    clock,
    strategy,
    reign,
    preemptAfterMs,
    onBetter: ({ name }) => better.push(name),
    memberTtlMs: TTL_MS,
    leaseMs: TTL_MS / 3,
    sizes: SIZES,
    retryMs: 500,
    self: () => self,
    onLine: (line) => lines.push(line),
    onGone: (key) => gone.push(key),
    onClaim: () => {},
    troubles: new Troubles(clock),
  })
  t.teardown(() => {
    watch.stop()
    if (clock.alarms > 0) throw new Error("timers are left over")
  })
  const nameOf = (key: string) => key.slice(key.indexOf(".") + 1)
  return {
    ...{ clock, bucket, watch, lines, gone, better },
    write: (...members: Member[]) =>
      Promise.all(members.map((it) => bucket.put(it.key, encodeMember(it)))),
    /** Each line told, as names. */
    named: () => lines.map(({ heirs }) => heirs.map(({ key }) => nameOf(key)).join()),
    listener: () => listener as WatchListener,
    /** Lets a beat pass, in which these renew. */
    async beat(...renewing: Member[]) {
      await clock.pass(BEAT_MS)
      for (const it of renewing) await bucket.put(it.key, encodeMember(it))
      await clock.pass(5)
    },
  }
}

t.test("no line is told before all entries were seen", async (t) => {
  const [a, b, c, d, e] = [member("a"), member("b"), member("c"), member("d"), member("e")]
  const { clock, watch, named, listener, lines } = stage(t, b, { isCompleted: false })
  watch.start()
  await clock.pass(20)
  let revision = 0
  for (const it of [e, d, a, c, b]) {
    revision += 1
    const value = encodeMember(it)
    listener().heard({ key: it.key, value, revision, writtenMs: 0, deleted: false })
    await clock.pass(5)
  }
  t.strictSame(lines, [])
  listener().caughtUp?.()
  await clock.pass(5)
  t.strictSame(named(), ["a,c,d,e"])
})

t.test("until then who is known to be gone is told", async (t) => {
  const [a, b, c] = [member("a"), member("b"), member("c")]
  const { clock, watch, gone, lines, bucket, write } = stage(t, a, { isCompleted: false })
  await write(a, b, c)
  await bucket.remove(b.key, 2)
  watch.start()
  await clock.pass(20)
  t.strictSame(gone, [b.key])
  await bucket.remove(c.key, 3)
  t.strictSame(gone, [b.key, c.key])
  t.strictSame(lines, [])
})

t.test(
  "a view that is never told to be complete is believed after a beat and a half",
  async (t) => {
    const [a, b] = [member("a"), member("b")]
    const { clock, watch, named, write, beat } = stage(t, a, { isCompleted: false })
    await write(a, b)
    watch.start()
    await clock.pass(20)
    await beat(a, b)
    t.strictSame(named(), [])
    await clock.pass(BEAT_MS / 2)
    t.equal(named().at(-1), "b")
  },
)

t.test(
  "who misses a renewal stands behind the others until it renews, and is said to",
  async (t) => {
    const [a, b, c, d] = [member("a"), member("b"), member("c"), member("d")]
    const { watch, named, lines, write, beat, clock } = stage(t, a)
    await write(a, b, c, d)
    watch.start()
    await clock.pass(20)
    t.equal(named().at(-1), "b,c,d")
    await beat(a, c, d)
    t.equal(named().at(-1), "b,c,d", "half a beat is allowed for")
    await beat(a, c, d)
    t.equal(named().at(-1), "c,d,b")
    t.equal(lines.at(-1)?.reason, "a leads: oldest of 4; c next: 3rd oldest of 4 (b is silent)")
    await beat(a, b, c, d)
    t.equal(named().at(-1), "b,c,d")
  },
)

t.test("where all others are silent the first of them is next all the same", async (t) => {
  const [a, b, c] = [member("a"), member("b"), member("c")]
  const { watch, named, lines, write, beat, clock } = stage(t, c)
  await write(a, b, c)
  watch.start()
  await clock.pass(20)
  await beat(c)
  await beat(c)
  t.equal(named().at(-1), "a,b")
  t.match(lines.at(-1)?.reason, "a next: silent; oldest of 3")
})

t.test("a holder whose lease ran out is no first heir before it writes again", async (t) => {
  const [a, b, c] = [member("a"), member("b"), member("c")]
  const { watch, named, write, clock } = stage(t, b, { reign: { term: 4, lapsed: a.id } })
  await write(a, b, c)
  watch.start()
  await clock.pass(20)
  t.strictSame(named(), ["c,a"])
  await write(a)
  await clock.pass(5)
  t.strictSame(named(), ["c,a", "a,c"])
})

t.test("one that wrote its entry after it had lost its lease counts as fresh", async (t) => {
  const [a, b, c] = [member("a"), member("b"), member("c")]
  const { watch, named, write, clock } = stage(t, b, { reign: { term: 4, lapsed: a.id } })
  await write(a, b, c)
  await write(b, a)
  watch.start()
  await clock.pass(20)
  t.strictSame(named(), ["a,c"])
})

t.test("a strategy of the user's has no say in who is silent", async (t) => {
  const [a, b, c] = [member("a"), member("b"), member("c")]
  const asked: string[][] = []
  const strategy: Strategy = {
    name: "mine",
    rank: (members) => {
      asked.push(members.map(({ name }) => name))
      return [...members].reverse()
    },
    why: () => "mine",
  }
  const { watch, named, write, beat, clock } = stage(t, a, { strategy })
  await write(a, b, c)
  watch.start()
  await clock.pass(20)
  await beat(a, b)
  await beat(a, b)
  t.equal(named().at(-1), "b,c")
  t.strictSame(asked.at(-1), ["a", "b", "c"], "it is asked for all")
})

t.test("a leader does not give way to a better one that is silent", async (t) => {
  const [a, b] = [member("a", { weight: 1 }), member("b", { weight: 9 })]
  const given = { strategy: weight, preemptAfterMs: 2.5 * BEAT_MS }
  const { watch, better, write, beat, clock } = stage(t, a, given)
  await write(a, b)
  watch.start()
  await clock.pass(20)
  for (let n = 0; n < 2; n++) await beat(a)
  t.strictSame(better, [])
  for (let n = 0; n < 4; n++) await beat(a, b)
  t.strictSame(better, ["b"])
})

t.test("who was ordered to lead gives way to nobody, and is said to lead by order", async (t) => {
  const [a, b] = [member("a", { weight: 1 }), member("b", { weight: 9 })]
  const given = { strategy: weight, preemptAfterMs: 100 }
  const { watch, better, lines, write, beat, clock } = stage(t, a, {
    ...given,
    reign: { term: 1, isOrdered: true },
  })
  await write(a, b)
  watch.start()
  await clock.pass(20)
  for (let n = 0; n < 3; n++) await beat(a, b)
  t.strictSame(better, [])
  t.match(lines.at(-1)?.reason, /^a leads by order: weight 1, 2nd heaviest of 2; b next: weight 9/)
})
