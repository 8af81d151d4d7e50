import t from "tap"
import { jobRowsOf } from "../../../src/dashboard/jobs/job-rows.js"
import { JOBS_UNSEEN, lookedAt, notSeen } from "../../../src/dashboard/jobs/jobs-seen.js"
import { aJob, aLook, aQueue, dead } from "./make.js"

const NOON = Date.UTC(2026, 0, 5, 12)
const at = (ms: number) => ({ monoMs: ms, wallMs: NOON + ms })
const looked = (...ended: number[]) =>
  ended.reduce(
    (seen, ended, n) =>
      lookedAt(seen, aLook({ queues: [aQueue("send", { ended })] }), at(n * 1000)),
    JOBS_UNSEEN,
  )

t.test("a rate is that of the last looks, and unknown after one", async (t) => {
  t.equal(looked(10).queues[0]?.perSecond, undefined)
  t.equal(looked(10, 30).queues[0]?.perSecond, 20)
  t.equal(looked(0, 0, 0, 0, 0, 100).queues[0]?.perSecond, 20, "five seconds count")
  t.equal(looked(100, 0, 0, 0, 0, 0, 5).queues[0]?.perSecond, 1, "what is long ago does not")
  t.equal(looked(100, 3).queues[0]?.perSecond, 0, "a consumer that was made anew counts from 0")
})

t.test(
  "since when a job runs is what the first look says, the longest running first",
  async (t) => {
    const first = aLook({ running: [aJob("a", { runsForMs: 100 }), aJob("b", { runsForMs: 900 })] })
    const second = aLook({
      running: [aJob("c"), aJob("a", { runsForMs: 1_117 }), aJob("b", { runsForMs: 1_900 })],
    })
    const seen = lookedAt(lookedAt(JOBS_UNSEEN, first, at(0)), second, at(1_000))
    t.strictSame(
      seen.running.map(({ id, sinceWallMs }) => [id, sinceWallMs - NOON]),
      [
        ["b", -900],
        ["a", -100],
        ["c", 1_000],
      ],
    )
    const elsewhere = aLook({ running: [aJob("b", { worker: "other", runsForMs: 5 })] })
    t.equal(lookedAt(seen, elsewhere, at(2_000)).running[0]?.sinceWallMs, NOON + 1_995)
  },
)

t.test("what can't be looked at says why, and keeps what was seen until it can", async (t) => {
  const seen = notSeen(looked(1, 2), "timeout")
  t.match(seen, { problem: "timeout", queues: [{ queue: "send" }] })
  t.equal(lookedAt(seen, aLook(), at(9_000)).problem, undefined)
})

t.test("a filter looks at names, ids, workers, reasons and states", async (t) => {
  const look = aLook({
    queues: [aQueue("send"), aQueue("report", { isServed: false })],
    running: [aJob("j1", { queue: "send", worker: "atlas" })],
    dead: [dead("d1", { queue: "send", reason: "No way" })],
  })
  const keys = (filter: string) =>
    jobRowsOf(lookedAt(JOBS_UNSEEN, look, at(0)), filter).map(({ key }) => key)
  t.strictSame(keys(""), ["queue send", "queue report", "running j1 atlas", "dead d1"])
  t.strictSame(keys("send"), ["queue send", "running j1 atlas", "dead d1"])
  t.strictSame(keys("ATLAS"), ["running j1 atlas"])
  t.strictSame(keys("no w"), ["dead d1"])
  t.strictSame(keys("unserved"), ["queue report"])
})
