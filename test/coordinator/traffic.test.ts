/** What a pool says while nothing happens, and for a death, counted on time of its own: no clock of the machine decides. */
import t from "tap"
import { MemoryBucket } from "../../src/backend/memory-bucket.js"
import { MemoryBus } from "../../src/backend/memory-bus.js"
import { Troubles } from "../../src/contracts/troubles.js"
import { Coordinator } from "../../src/coordinator/coordinator.js"
import { evict } from "../../src/coordinator/eviction.js"
import { timingsOf } from "../../src/lease/timings.js"
import { namesOf } from "../../src/protocol/names.js"
import { oldest } from "../../src/strategies/built-in-strategies.js"
import { ManualClock } from "../fixtures/manual-clock.js"
import { member } from "../fixtures/members.js"

const timings = timingsOf()
const names = namesOf("work")
const SECONDS = 20

/** At most so many, of what is asked of the bucket and of what is heard on the bus. */
const FIGURES = {
  few: { members: 10, asksAMember: 0.75, heardAMember: 2 },
  crowd: { members: 200, asksAMember: 0.36, heardAMember: 0.75 },
}
const A_DEATH = { asks: 3, heard: 0 }

class CountedBucket extends MemoryBucket {
  asks = 0

  override get(key: string) {
    this.asks += 1
    return super.get(key)
  }
  override write(key: string, value: Uint8Array, over: number) {
    this.asks += 1
    return super.write(key, value, over)
  }
  override remove(key: string, over: number, evicted?: boolean) {
    this.asks += 1
    return super.remove(key, over, evicted)
  }
}

const quiet = {
  prepare() {},
  abandon() {},
  begin() {},
  takeUp() {},
  layDown() {},
  async windDown() {},
  close() {},
  lapse() {},
}

/** A pool of so many, at rest, and what it does from then on. */
async function poolOf(count: number) {
  const clock = new ManualClock()
  let heard = 0
  const deliver = () => {
    heard += 1
    return 0
  }
  const bus = new MemoryBus({ clock, deliver })
  const bucket = new CountedBucket(clock, timings.memberTtlMs)
  const troubles = new Troubles(clock, (problem) => t.fail(problem))
  const members = Array.from({ length: count }, (_, n) => {
    const { key: _key, start: _start, ...portrait } = member(`m${n}`)
    const on = { bucket, bus: bus.connect(portrait.name), names, clock, timings, troubles }
    // Evenly, as many members would draw.
    const coordinator = new Coordinator({
      context: { ...on, random: () => n / count },
      ...{ strategy: oldest, portrait: () => portrait, nonce: () => portrait.id, duties: quiet },
    })
    return { coordinator, id: portrait.id }
  })
  for (const { coordinator } of members) {
    await coordinator.join()
    await clock.pass(timings.beatMs / count)
  }
  await clock.pass(timings.leaseMs * 10)
  /** What is asked and heard while `act` happens. */
  const counted = async (act: () => Promise<unknown>) => {
    const before = [bucket.asks, heard] as const
    await act()
    return { asks: bucket.asks - before[0], heard: heard - before[1] }
  }
  const options = { bucket, bus: bus.connect("supervisor"), names, clock, stepMs: 50, by: "s" }
  const close = async () => {
    for (const { coordinator } of members) await coordinator.leave("stopping")
    for (const { coordinator } of members) await coordinator.membership.leave()
  }
  return { clock, members, counted, options, close }
}

for (const [which, figures] of Object.entries(FIGURES)) {
  t.test(`the messages of an idle second and member: ${which}`, async (t) => {
    const { members: count, asksAMember, heardAMember } = figures
    const { clock, counted } = await poolOf(count)
    const { asks, heard } = await counted(() => clock.pass(SECONDS * 1000))
    const each = (messages: number) => messages / count / SECONDS
    t.comment(`${each(asks)} asked of the bucket, ${each(heard)} heard`)
    t.ok(each(asks) <= asksAMember, `${each(asks)} asked of the bucket`)
    t.ok(each(heard) <= heardAMember, `${each(heard)} heard`)
  })
}

t.test("the messages for a death that was seen, of one that did not lead", async (t) => {
  const { members, counted, options } = await poolOf(FIGURES.crowd.members)
  const dead = members.at(-1)
  if (!dead) throw new Error("nobody is there")
  const { key } = dead.coordinator.membership
  const count = await counted(() => evict(options, { key, id: dead.id }, "killed"))
  t.strictSame(count, A_DEATH)
})
