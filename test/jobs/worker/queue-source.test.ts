import t, { type Test } from "tap"
import type { Delivery, SourceOptions } from "../../../src/jobs/contract/job-store.js"
import { QueueSource } from "../../../src/jobs/worker/queue-source.js"
import { ManualClock, settled } from "../../fixtures/manual-clock.js"

/**
 * Jobs of three priorities, handed out as a server does: who asks gets what is there in a turn of its own, and a request
 * that was sent can't be taken back. `room` is what the worker has, which keeps what it takes until `done`.
 */
async function stage(t: Test, room: number, lookMs = 0) {
  const clock = new ManualClock()
  const ready = [0, 0, 0]
  const taken: number[] = []
  const looks: string[] = []
  const told: unknown[] = []
  const given: SourceOptions[] = []
  let running = 0
  const handers: (() => void)[] = []
  const queue = await QueueSource.open({
    ...{ queue: "send", clock },
    store: {
      source: async (options) => {
        const { priority, heard } = options
        given[priority] = options
        let asked = 0
        const has = () => ready[priority] ?? 0
        const hand = () => {
          asked -= 1
          ready[priority] = has() - 1
          heard({ pending: has() } as Delivery)
        }
        handers[priority] = () => {
          while (asked > 0 && has() > 0) hand()
        }
        return {
          leaseMs: 6_000 + priority,
          get asked() {
            return asked
          },
          want: (count) => {
            asked = Math.max(asked, count)
          },
          look: async (count) => {
            looks.push(`${count} of ${priority}`)
            await settled()
            clock.standStill(lookMs)
            const before = asked
            asked = Math.min(count, has())
            while (asked > 0) hand()
            asked = before
          },
          release: () => {
            asked = 0
          },
          close: async () => {},
        }
      },
    },
    heard: ({ pending }) => {
      running += 1
      taken.push(ready.findIndex((_, n) => given[n] && pending === ready[n]))
      queue.want(Math.max(0, room - running))
    },
    told: (trouble) => void told.push(trouble),
    broke: (thrown) => t.fail(String(thrown)),
  })
  queue.want(room)
  const turn = async () => {
    for (let n = 0; n < 5; n += 1) {
      await settled()
      for (const hand of handers) hand()
    }
  }
  const done = async (count: number) => {
    running -= count
    queue.want(Math.max(0, room - running))
    await turn()
  }
  return { clock, ready, looks, taken, given, told, queue, turn, done, over: () => running - room }
}

t.test("what is free is asked of priority 0, and one of each other stands by", async (t) => {
  const { turn, ready, taken, looks, queue } = await stage(t, 10)
  await turn()
  t.strictSame(looks, ["1 of 2", "1 of 1"], "the urgent are looked for before any is taken")
  ready[2] = 1
  await turn()
  t.equal(taken.length, 1, "without waiting for a look")
  t.equal(looks.length, 2)
  t.equal(queue.leaseMs, 6_000, "the shortest counts")
})

t.test("while a backlog is worked off an urgent job is seen when a place is free", async (t) => {
  const { turn, done, ready, looks, clock, over } = await stage(t, 2)
  ready[0] = 1_000
  await turn()
  ready[2] = 1
  await turn()
  t.equal(over(), 1, "what stood by before the backlog comes once without room")
  await done(2)
  const before = looks.length
  for (let n = 0; n < 20; n += 1) await done(1)
  t.ok(looks.length - before <= 2, `and not looked for with each: ${looks.length - before}`)
  await clock.pass(25)
  ready[2] = 1
  await done(1)
  t.equal(ready[2], 0)
  t.ok(over() <= 0)
})

t.test("urgent jobs go first, and of ten looks one is for those below", async (t) => {
  const { turn, done, ready } = await stage(t, 1)
  ready.splice(0, 3, 1_000, 0, 1_000)
  await turn()
  for (let n = 0; n < 99; n += 1) await done(1)
  const [usual = 0, , urgent = 0] = ready.map((left) => 1_000 - left)
  t.ok(usual >= 9 && usual <= 12, `${usual} of 100 were of priority 0`)
  t.equal(urgent, 100 - usual)
})

t.test("with two urgent kinds none waits for ever", async (t) => {
  const { turn, done, ready } = await stage(t, 1)
  ready.splice(0, 3, 1_000, 1_000, 1_000)
  await turn()
  for (let n = 0; n < 400; n += 1) await done(1)
  const [usual = 0, middle = 0, urgent = 0] = ready.map((left) => 1_000 - left)
  t.ok(urgent > 340 && middle > 30 && usual > 2, `${urgent}, ${middle}, ${usual}`)
})

t.test("a server that is far away is not asked for urgent jobs alone", async (t) => {
  const { turn, done, ready, looks } = await stage(t, 1, 100)
  ready[0] = 100
  await turn()
  for (let n = 0; n < 20; n += 1) await done(1)
  t.equal(ready[0], 79)
  t.ok(looks.length < 10)
})

t.test("a backlog that others have taken keeps no urgent job waiting", async (t) => {
  const { turn, done, ready, clock } = await stage(t, 2)
  ready[0] = 10
  await turn()
  ready[0] = 0
  await done(1)
  ready[1] = 1
  await clock.pass(50)
  await turn()
  t.equal(ready[1], 0)
})

t.test("nothing is asked for without room, and what was is not asked for again", async (t) => {
  const { turn, looks, queue, ready } = await stage(t, 1)
  ready[0] = 5
  await turn()
  const before = looks.length
  queue.want(0)
  await turn()
  t.equal(looks.length, before)
  t.equal(ready[0], 4)
})

t.test("trouble of one priority is over when all work again", async (t) => {
  const { given, told } = await stage(t, 1)
  given[2]?.told(new Error("no answer"))
  given[1]?.told(new Error("no answer"))
  given[2]?.told(undefined)
  t.equal(told.length, 2)
  given[1]?.told(undefined)
  t.strictSame(told.slice(2), [undefined])
})
