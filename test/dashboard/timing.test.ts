import t from "tap"
import { DashboardStore } from "../../src/dashboard/state/store.js"
import { VirtualClock } from "../../src/time/virtual-clock.js"
import { FakeSource } from "./played/fake-source.js"
import { NOON, stage, THREE } from "./stage.js"

/** The times at which the screen was told, in ms from now on. */
function toldAt(on: ReturnType<typeof stage>): number[] {
  const start = on.clock.now().monoMs
  const times: number[] = []
  on.store.subscribe(() => times.push(Math.round(on.clock.now().monoMs - start)))
  return times
}

t.test("an idle pool is drawn once a second, at the second", async (t) => {
  const on = stage()
  await on.pass(2500)
  const times = toldAt(on)
  await on.pass(5000)
  t.strictSame(times, [500, 1500, 2500, 3500, 4500])
  t.match(on.screen(100, 30), /live {2}12:38:21/)
})

t.test("a key shows at once", async (t) => {
  const on = stage()
  await on.pass(2500)
  const times = toldAt(on)
  on.press("down")
  on.press("down")
  t.strictSame(times, [0, 0])
})

t.test("a key that asks something is drawn a frame later: its answer is not held up", async (t) => {
  const clock = new VirtualClock(NOON)
  const store = new DashboardStore(new FakeSource(clock, THREE), clock, 16)
  t.teardown(() => store.close())
  const messages: string[] = []
  const start = clock.now().monoMs
  store.subscribe(() => {
    const { message, at } = store.snapshot()
    messages.push(`${Math.round(at.monoMs - start)}ms: ${message.text}`)
  })
  store.press(["w"])
  t.strictSame(messages, [])
  await clock.advance(20)
  t.match(messages, [/^16ms: simple #1: . answered in /])
})

t.test("what happens in the pool is drawn later too: what follows it is not held up", async (t) => {
  const clock = new VirtualClock(NOON)
  const source = new FakeSource(clock, THREE)
  const store = new DashboardStore(source, clock, 30)
  t.teardown(() => store.close())
  await clock.advance(2500)
  const start = clock.now().monoMs
  const times: number[] = []
  store.subscribe(() => times.push(Math.round(clock.now().monoMs - start)))
  source.fake.change("b-2", { state: "paused" })
  await clock.advance(29)
  t.strictSame(times, [])
  source.fake.change("c-3", { state: "paused" })
  await clock.advance(100)
  t.strictSame(times, [30], "both at once")
})

t.test(
  "a change of the pool shows at once after a quiet time, else within a tenth of a second",
  async (t) => {
    const on = stage()
    await on.pass(2500)
    const times = toldAt(on)
    for (let n = 0; n < 100; n++) {
      on.source.fake.change("b-2", { state: n % 2 ? "ready" : "paused" })
      await on.pass(10)
    }
    t.equal(times[0], 0)
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0))
    t.ok(
      gaps.every((gap) => gap <= 100),
      gaps.join(" "),
    )
    t.ok(times.length <= 12, `${times.length} times in a second`)
  },
)

t.test("figures show four times a second at most", async (t) => {
  const on = stage()
  await on.pass(2500)
  const times = toldAt(on)
  for (let n = 1; n <= 100; n++) {
    const counters = new Map([["a-1", { done: n, tracked: 0, failed: 0, busy: 0 }]])
    on.source.say({ kind: "counters", counters })
    await on.pass(10)
  }
  t.ok(times.length >= 4 && times.length <= 6, `${times.length} times in a second`)
})

t.test("counters that say nothing new, and another round trip, wait for the second", async (t) => {
  const on = stage()
  await on.pass(2500)
  const times = toldAt(on)
  on.source.say({ kind: "connection", isUp: true, roundTripMs: 0.7 })
  await on.pass(400)
  t.strictSame(times, [])
})

t.test("while a lease runs down it is seen running down", async (t) => {
  const on = stage()
  await on.pass(2500)
  on.press("z")
  await on.pass(1400)
  const times = toldAt(on)
  await on.pass(500)
  t.ok(times.length >= 2, `${times.length} times in half a second`)
})

t.test("a second is not told twice by a timer that wakes too early", async (t) => {
  const on = stage()
  const wakes: number[] = []
  const { Beat } = await import("../../src/dashboard/state/beat.js")
  const early = {
    now: () => on.clock.now(),
    after: (ms: number, wake: () => void) => on.clock.after(ms - 2, wake),
  }
  const beat = new Beat(early, {
    show() {},
    second: () => wakes.push(on.clock.now().wallMs % 1000),
  })
  await on.pass(5500)
  beat.close()
  t.equal(wakes.length, 5)
})

t.test("the snapshot stays the same object until listeners are told", async (t) => {
  const on = stage()
  await on.pass(2500)
  const before = on.store.snapshot()
  await on.pass(300)
  t.equal(on.store.snapshot(), before)
  await on.pass(300)
  t.not(on.store.snapshot(), before)
})
