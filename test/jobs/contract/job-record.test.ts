import { headers } from "nats"
import t from "tap"
import {
  diedMsIn,
  headersFor,
  headersOfDead,
  type JobRecord,
  recordOf,
  type StoredMessage,
} from "../../../src/jobs/contract/job-record.js"

const stored = (over: Partial<StoredMessage> = {}): StoredMessage => ({
  subject: "work.job.send.0.any",
  headers: undefined,
  data: new Uint8Array(),
  seq: 12,
  storedMs: 5_000,
  ...over,
})

function headersWith(values: Record<string, string>) {
  const hdrs = headers()
  for (const [name, value] of Object.entries(values)) hdrs.set(name, value)
  return hdrs
}

t.test("a bare message is a job", async (t) => {
  t.strictSame(recordOf(stored()), {
    queue: "send",
    priority: 0,
    id: "seq-12",
    attempts: 5,
    backoffMs: 1_000,
    failures: 0,
    crashes: 0,
    sinceMs: 5_000,
    notBeforeMs: undefined,
    keepResultMs: undefined,
  })
})

t.test("what is written is read again, with what its sender wrote beside it", async (t) => {
  const record: JobRecord = {
    ...(recordOf(stored()) as JobRecord),
    ...{ id: "ann.x-1", attempts: 2, backoffMs: 10, failures: 1, crashes: 2, sinceMs: 3 },
    ...{ notBeforeMs: 9, keepResultMs: 7 },
  }
  const from = headersWith({ traceparent: "00-a", "Nats-Msg-Id": "old", "Pool-Job-Failures": "9" })
  const hdrs = headersFor(record, from)
  t.strictSame(recordOf(stored({ subject: "work.job.send.0.ann", headers: hdrs })), record)
  t.equal(hdrs.get("traceparent"), "00-a")
  t.equal(hdrs.get("Nats-Msg-Id"), "", "of the message it came with")
})

t.test("headers that are nonsense count as not there", async (t) => {
  const hdrs = headersWith({
    "Nats-Msg-Id": "not an id*",
    "Pool-Job-Attempts": "many",
    "Pool-Job-Failures": "-1",
    "Pool-Job-Backoff": "",
  })
  t.match(recordOf(stored({ headers: hdrs })), {
    id: "seq-12",
    attempts: 5,
    failures: 0,
    backoffMs: 1_000,
  })
  const huge = headersWith({
    ...{ "Pool-Job-Since": "1e300", "Pool-Job-Keep-Result": "1e300", "Pool-Job-Died": "9e99" },
    ...{ "Pool-Job-Not-Before": "1e300", "Pool-Job-Backoff": "0", "Pool-Job-Id": "other" },
  })
  const read = recordOf(stored({ headers: huge }))
  t.match(read, { id: "seq-12", sinceMs: 5_000, backoffMs: 1_000 }, "an id is under its key")
  t.match(read, { keepResultMs: undefined, notBeforeMs: undefined })
  t.equal(diedMsIn(stored({ headers: huge })), 5_000)
})

t.test("a dead job says why, and is itself again when it comes back", async (t) => {
  const record = { ...(recordOf(stored()) as JobRecord), failures: 5, notBeforeMs: 9 }
  const dead = headersOfDead(record, undefined, { reason: "no", worker: "a", diedMs: 77 })
  t.equal(dead.get("Pool-Job-Reason"), "no")
  t.equal(dead.get("Pool-Job-Died"), "77")
  const back = headersFor(record, dead)
  t.equal(back.get("Pool-Job-Reason"), "")
})
