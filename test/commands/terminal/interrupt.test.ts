import t from "tap"
import { interrupts } from "../../../src/commands/terminal/interrupt.js"
import { untilNoEcho } from "../../fixtures/until.js"

t.test("the first Ctrl-C asks, the second insists, and its echo does not", async (t) => {
  let insisted = 0
  const heard = interrupts(() => {
    insisted += 1
  })
  t.teardown(heard.stop)
  t.notOk(heard.signal.aborted)
  process.emit("SIGINT", "SIGINT")
  t.ok(heard.signal.aborted)
  await heard.first
  process.emit("SIGINT", "SIGINT")
  t.equal(insisted, 0, "npx passes on what we heard ourselves")
  await untilNoEcho()
  process.emit("SIGTERM", "SIGTERM")
  t.equal(insisted, 1)
})

t.test("a terminal that closes asks, and never insists", async (t) => {
  const heard = interrupts(() => t.fail("it insisted"))
  t.teardown(heard.stop)
  process.emit("SIGHUP", "SIGHUP")
  await heard.first
  await untilNoEcho()
  process.emit("SIGHUP", "SIGHUP")
  t.pass("twice is once")
})

t.test("after a dashboard was quit the first Ctrl-C insists", async (t) => {
  let insisted = 0
  const heard = interrupts(() => {
    insisted += 1
  })
  t.teardown(heard.stop)
  heard.begin()
  process.emit("SIGINT", "SIGINT")
  t.equal(insisted, 1)
})

t.test("afterwards nobody listens", async (t) => {
  const before = process.listenerCount("SIGINT")
  const heard = interrupts(() => {})
  heard.stop()
  t.equal(process.listenerCount("SIGINT"), before)
})
