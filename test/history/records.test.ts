import t from "tap"
import {
  decodeRecord,
  encodeRecord,
  type HistoryRecord,
  storiesOf,
} from "../../src/history/records.js"
import { testLocal } from "../fixtures/local.js"

const began = (name: string, term: number, before?: object): HistoryRecord =>
  ({ type: "began", id: `id-${name}`, name, term, why: "so", ...(before && { before }) }) as never

t.test("a reign ends where its successor says so, the gap before it", async (t) => {
  const before = { id: "id-a", name: "a", term: 4, reason: "handed over", gapMs: 2 }
  const [a, b] = storiesOf([
    { record: began("a", 4), storedMs: 1000 },
    { record: began("b", 9, before), storedMs: 5000 },
  ])
  t.strictSame(a, {
    term: 4,
    name: "a",
    id: "id-a",
    from: "1970-01-01T00:00:01.000Z",
    until: "1970-01-01T00:00:04.998Z",
    began: "so",
    ended: "handed over",
  })
  t.match(b, { name: "b", gapMs: 2, until: undefined, ended: undefined })
})

t.test(
  "a reign ends where its release says so, and what comes later changes nothing",
  async (t) => {
    const [a] = storiesOf([
      { record: began("a", 4), storedMs: 1000 },
      {
        record: { type: "ended", id: "id-a", name: "a", term: 4, reason: "stopping" },
        storedMs: 2000,
      },
      {
        record: began("b", 9, { id: "id-a", name: "a", term: 4, reason: "lease over", gapMs: 10 }),
        storedMs: 9000,
      },
    ])
    t.match(a, { until: "1970-01-01T00:00:02.000Z", ended: "stopping" })
  },
)

t.test("who tells only after its end that it led did not lead after that", async (t) => {
  const before = { id: "id-b", name: "b", term: 7, reason: "lease over", gapMs: 600 }
  const stories = storiesOf([
    { record: began("a", 4), storedMs: 1000 },
    { record: began("c", 9, before), storedMs: 5000 },
    { record: began("b", 7, { id: "id-a", name: "a", term: 4, reason: "killed" }), storedMs: 8000 },
  ])
  const at = "1970-01-01T00:00:04.400Z"
  t.match(stories, [
    { name: "a", until: at, ended: "killed" },
    { name: "b", from: at, until: at, ended: "lease over" },
    { name: "c", until: undefined },
  ])
})

t.test("reigns of the same term, in a bucket that was wiped, are told apart", async (t) => {
  const before = { id: "id-a", name: "a", term: 4, reason: "bucket lost" }
  const stories = storiesOf([
    { record: began("a", 4), storedMs: 1000 },
    { record: began("b", 4, before), storedMs: 2000 },
    { record: began("c", 9, before), storedMs: 3000 },
  ])
  t.match(stories, [
    { name: "a", ended: "bucket lost" },
    { name: "b", ended: undefined },
  ])
})

t.test("what is no record is left out", async (t) => {
  const record = began("a", 4)
  t.strictSame(decodeRecord(encodeRecord(record)), record)
  const sound = { type: "began", id: "id-a", name: "a", term: 2 }
  const foreign = [{ type: "rose" }, { id: 1 }, { name: 1 }, { term: "2" }]
  const texts = foreign.map((it) => JSON.stringify({ ...sound, ...it }))
  for (const text of ["", "{", "[]", "{}", ...texts]) {
    t.equal(decodeRecord(new TextEncoder().encode(text)), undefined, text)
  }
})

t.test("a successor tells how it came to lead, and after how long", async (t) => {
  const { joinAll, clock, during, local, bucketOf } = testLocal(t)
  const [a, b] = await joinAll("a", "b", "c")
  await clock.pass(1000)
  await during(100, a?.handOver() ?? Promise.resolve())
  await during(100, b?.leave() ?? Promise.resolve())
  bucketOf("a").state = "fails"
  await clock.pass(4000)
  bucketOf("a").state = "works"
  const told = local.records.map((record) =>
    record.type === "began" ? `${record.name} began: ${record.why}` : `${record.name} ended`,
  )
  t.strictSame(told.slice(0, 3), [
    "a began: nobody was known to lead",
    "b began: a: handed over",
    "a began: b: stopping",
  ])
  t.equal(told[3], "c began: a: lease over")
  const gaps = local.records.map((record) =>
    record.type === "began" ? Math.round(record.before?.gapMs ?? -1) : -1,
  )
  t.strictSame(gaps.slice(0, 3), [-1, 0, 0])
  t.ok((gaps[3] ?? 0) > 2000, `${gaps[3]} ms since the last renewal`)
})

t.test("a reign that nobody follows is told by who ended it", async (t) => {
  const { join, clock, during, local } = testLocal(t)
  const a = await join("a")
  await clock.pass(1000)
  await during(1000, a.leave())
  t.match(local.records, [{ type: "began" }, { type: "ended", name: "a", reason: "stopping" }])
})

t.test("a new leader answers before it writes history", async (t) => {
  const { joinAll, clock, during, local } = testLocal(t)
  const [a, b] = await joinAll("a", "b")
  await clock.pass(1000)
  await during(0, a?.leave() ?? Promise.resolve())
  t.ok(b?.isLeader)
  t.equal(local.records.length, 1, "only that a began")
  await clock.pass(11)
  t.match(local.records[1], { name: "b" })
})

t.test("a reign that ends as soon as it began is in the history all the same", async (t) => {
  const { joinAll, clock, during, local } = testLocal(t)
  const [a, b] = await joinAll("a", "b", "c")
  await clock.pass(1000)
  await during(0, a?.leave() ?? Promise.resolve())
  await during(1, b?.leave() ?? Promise.resolve())
  t.match(local.records, [{ name: "a" }, { name: "b" }])
  await clock.pass(10)
  t.match(local.records[2], { name: "c", why: "b: stopping" })
})

t.test("a history that can't be written costs nothing but a report", async (t) => {
  const { joinAll, clock, during, local, problems } = testLocal(t)
  local.isHistoryDown = true
  const [a, b] = await joinAll("a", "b")
  await clock.pass(1000)
  await during(100, a?.leave() ?? Promise.resolve())
  t.ok(b?.isLeader)
  t.match(problems, [/a: the history could not be written/, /b: the history could not be/])
})
