import t from "tap"
import type { Member } from "../../src/protocol/member.js"
import { Preemption } from "../../src/strategies/preemption.js"
import { ManualClock } from "../fixtures/manual-clock.js"
import { member } from "../fixtures/members.js"

function stage() {
  const clock = new ManualClock()
  const gaveWay: string[] = []
  const preemption = new Preemption(clock, 1000, ({ name }) => gaveWay.push(name))
  const [self, b, c] = ["self", "b", "c"].map((name) => member(name)) as [Member, Member, Member]
  return { clock, gaveWay, preemption, self, b, c }
}

t.test("a leader gives way to one that has stood first for the whole time", async (t) => {
  const { clock, gaveWay, preemption, self, b } = stage()
  preemption.lineIs([b, self], self)
  await clock.pass(999)
  preemption.lineIs([b, self], self)
  t.strictSame(gaveWay, [])
  await clock.pass(1)
  t.strictSame(gaveWay, ["b"])
})

t.test("the time begins anew when another stands first, or the leader itself", async (t) => {
  const { clock, gaveWay, preemption, self, b, c } = stage()
  preemption.lineIs([b, self], self)
  await clock.pass(900)
  preemption.lineIs([c, b, self], self)
  await clock.pass(900)
  preemption.lineIs([self, b, c], self)
  await clock.pass(2000)
  t.strictSame(gaveWay, [])
})

t.test("a leader does not give way to one that is paused", async (t) => {
  const { clock, gaveWay, preemption, self, b } = stage()
  preemption.lineIs([{ ...b, state: "paused" }, self], self)
  await clock.pass(2000)
  t.strictSame(gaveWay, [])
})
