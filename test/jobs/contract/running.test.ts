import t from "tap"
import { toBytes } from "../../../src/encoding/json.js"
import {
  decodeCancel,
  decodeQuestion,
  decodeRunning,
  encodeRunning,
  type RunningJob,
} from "../../../src/jobs/contract/running.js"

const JOB: RunningJob = { id: "1", queue: "send", worker: "a", attempt: 1, runsForMs: 5 }

t.test("what runs is told in as many messages as it takes, and read again", async (t) => {
  const jobs = Array.from({ length: 100 }, (_, n) => ({ ...JOB, id: `ä${n}` }))
  t.equal(encodeRunning(jobs).length, 1)
  t.strictSame(encodeRunning([]).flatMap(decodeRunning), [])
  for (const most of [100, 150, 1_000, 10_000]) {
    const answers = encodeRunning(jobs, most)
    t.ok(answers.every(({ length }) => length <= most))
    t.strictSame(answers.flatMap(decodeRunning), jobs)
  }
})

t.test("anybody may answer, and what makes no sense is no job", async (t) => {
  const junk = [
    null,
    5,
    {},
    { id: "x", queue: "y" },
    { ...JOB, worker: 5 },
    { ...JOB, attempt: "a" },
  ]
  const answer = toBytes({ jobs: [...junk, { ...JOB, runsForMs: null }, JOB] })
  t.strictSame(decodeRunning(answer), [JOB])
  for (const text of ["junk{", "[]", "null", '{"jobs":5}', ""]) {
    t.strictSame(decodeRunning(Buffer.from(text)), [])
  }
})

t.test("who asks may say nothing, and must say whose job is to be cancelled", async (t) => {
  t.strictSame(decodeQuestion(Buffer.from("")), {})
  t.match(decodeQuestion(toBytes({ id: 5, queue: {} })), { id: undefined, queue: undefined })
  for (const text of ["junk{", "[]"]) t.throws(() => decodeQuestion(Buffer.from(text)), SyntaxError)
  for (const text of ["junk{", "", '{"id":null}']) {
    t.throws(() => decodeCancel(Buffer.from(text)), SyntaxError)
  }
  t.equal(decodeCancel(toBytes({ id: "1", reason: "a\r\nb" })).reason, "a b")
  t.equal(decodeCancel(toBytes({ id: "1", reason: 5 })).reason, "cancelled")
})
