import t from "tap"
import { backoffOf, crashedTooOften, crashesOf, fateOf } from "../../../src/jobs/contract/fate.js"
import { LONGEST_BACKOFF_MS } from "../../../src/jobs/contract/job-limits.js"
import { type JobRecord, recordOf } from "../../../src/jobs/contract/job-record.js"

const bare = { headers: undefined, data: new Uint8Array(), seq: 1, storedMs: 0 }
const record = recordOf({ ...bare, subject: "work.job.send.0.x" }) as JobRecord
const failure = { reason: "no", isForGood: false }

t.test("a job fails as often as it may, and then for good", async (t) => {
  t.strictSame(fateOf(record, 4, failure, 0.5), { type: "again", afterMs: 8_000 })
  t.strictSame(fateOf(record, 5, failure, 0.5), { type: "dead", reason: "no" })
  t.strictSame(fateOf(record, 1, { ...failure, isForGood: true }, 0.5), {
    type: "dead",
    reason: "no",
  })
  t.strictSame(fateOf(record, 1, { ...failure, afterMs: 7 }, 0.5), { type: "again", afterMs: 7 })
})

t.test("pauses double up to an hour, a fifth more or less", async (t) => {
  t.equal(backoffOf(1_000, 1, 0), 800)
  t.equal(backoffOf(1_000, 1, 1), 1_200)
  t.equal(backoffOf(1_000, 3, 0.5), 4_000)
  t.equal(backoffOf(1_000, 1_000, 0.5), LONGEST_BACKOFF_MS)
})

t.test("three deaths of its worker bury a job, stops and failures don't", async (t) => {
  t.equal(crashesOf(record, 1, 0), 0)
  t.equal(crashesOf(record, 4, 1), 2)
  t.equal(crashesOf({ ...record, crashes: 2 }, 2, 0), 3)
  t.equal(crashesOf(record, 1, 5), 0, "no more is excused than there was")
  t.equal(crashedTooOften(2), undefined)
  t.match(crashedTooOften(3), /died or froze 3 times/)
})
