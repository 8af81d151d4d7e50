import { hostname } from "node:os"
import t from "tap"
import { builtInHandlers } from "../../src/work/built-in-handlers.js"
import type { Job } from "../../src/work/job.js"
import { ManualClock } from "../fixtures/manual-clock.js"
import { TestReign } from "../fixtures/reign.js"

const asked = (text: string) => ({ text: () => text, member: { id: "A1", name: "a" } }) as Job
const who = { worker: "a", id: "A1", host: hostname(), pid: process.pid }

t.test("a follower says who it is, and what it was asked", async (t) => {
  const { work } = builtInHandlers()
  t.strictSame(work(asked("10")), { ...who, role: "follower", payload: 10 })
  t.strictSame(work(asked("")), { ...who, role: "follower", payload: "" })
  t.strictSame(work(asked("ten {")), { ...who, role: "follower", payload: "ten {" })
  t.strictSame(work(asked('{"a":[1]}')), { ...who, role: "follower", payload: { a: [1] } })
})

t.test("the leader says so, and in which term, as long as it leads", async (t) => {
  const reign = new TestReign(new ManualClock(), 7)
  const { work, leaderWork } = builtInHandlers(() => reign)
  const leader = { ...who, role: "leader", term: 7, payload: 10 }
  t.strictSame(work(asked("10")), leader)
  t.strictSame(leaderWork(asked("10"), reign), leader)
  reign.over()
  t.strictSame(work(asked("10")), { ...who, role: "follower", payload: 10 })
})
