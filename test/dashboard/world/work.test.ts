import t from "tap"
import type { Counters } from "../../../src/dashboard/world/source.js"
import {
  answered,
  counted,
  forgotten,
  NO_WORK,
  percentile,
  rateNow,
  secondOver,
} from "../../../src/dashboard/world/work.js"

function counters(done: number, tracked: number, failed = 0): ReadonlyMap<string, Counters> {
  return new Map([["a", { done, tracked, failed, busy: 0 }]])
}

t.test("what was done before we watched is no rate", async (t) => {
  const work = secondOver(counted(NO_WORK, counters(1000, 100), 500))
  t.equal(rateNow(work, "simple"), 0)
  t.equal(work.failed, 0)
})

t.test("rates are the growth of the counters over the time between, split by kind", async (t) => {
  let work = counted(NO_WORK, counters(1000, 100), 0)
  work = counted(work, counters(1012, 102, 1), 500)
  work = counted(work, counters(1020, 102, 3), 1000)
  work = secondOver(work)
  t.equal(rateNow(work, "simple"), 18)
  t.equal(rateNow(work, "tracked"), 2)
  t.equal(work.failed, 3)
  t.equal(rateNow(secondOver(work), "simple"), 0)
})

t.test("a member whose statistics come late keeps its last ones, and loses no count", async (t) => {
  const b = (done: number) => ["b", { done, tracked: 0, failed: 0, busy: 1 }] as const
  let work = counted(NO_WORK, new Map([...counters(0, 0), b(10)]), 0)
  work = counted(work, counters(0, 0), 500)
  t.match(work.counters.get("b"), { done: 10, busy: 1 })
  work = secondOver(counted(work, new Map([...counters(0, 0), b(20)]), 1000))
  t.equal(rateNow(work, "simple"), 10)
  t.notOk(forgotten(work, "b").counters.has("b"))
})

t.test("a member that is new, gone, or counts anew makes no jump", async (t) => {
  let work = counted(NO_WORK, counters(1000, 0), 0)
  const both = new Map([...counters(1000, 0), ["b", { done: 70, tracked: 0, failed: 0, busy: 0 }]])
  work = counted(work, both, 500)
  work = counted(work, counters(10, 0), 1000)
  t.equal(rateNow(secondOver(work), "simple"), 0)
})

t.test("only a new figure is a change", async (t) => {
  const first = counted(NO_WORK, counters(5, 0), 0)
  const same = counted(first, counters(5, 0), 500)
  t.equal(same.changes, first.changes)
  t.not(counted(same, counters(6, 0), 1000).changes, first.changes)
})

t.test("the median and the 99th of a hundred", async (t) => {
  const values = Array.from({ length: 100 }, (_, n) => 100 - n)
  t.equal(percentile(values, 0.5), 50)
  t.equal(percentile(values, 0.99), 99)
  t.equal(percentile([7], 0.99), 7)
  t.equal(percentile([], 0.5), undefined)
})

t.test("answers and times are kept up to a limit", async (t) => {
  let work = NO_WORK
  for (let n = 1; n <= 600; n++) work = answered(work, n, "simple", { worker: "a", ms: n })
  t.equal(work.answers.length, 50)
  t.equal(work.answers[0]?.number, 600)
  t.equal(work.timesMs.length, 500)
  for (let n = 0; n < 300; n++) work = secondOver(work)
  t.equal(work.rates.simple.length, 240)
})
