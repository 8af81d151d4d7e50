import t from "tap"
import { asksFirst, type JobKey, jobChoice } from "../../../src/dashboard/jobs/job-levers.js"
import { jobRowsOf } from "../../../src/dashboard/jobs/job-rows.js"
import { JOBS_UNSEEN, lookedAt } from "../../../src/dashboard/jobs/jobs-seen.js"
import { aJob, aLook, aQueue, dead } from "./make.js"

const look = aLook({
  queues: [aQueue("bad", { dead: 2 }), aQueue("send"), aQueue("slow", { pausedUntilMs: 1 })],
  running: [aJob("r1")],
  dead: [dead("d1", { queue: "bad" })],
})
const [bad, send, slow, running, corpse] = jobRowsOf(
  lookedAt(JOBS_UNSEEN, look, { monoMs: 0, wallMs: 0 }),
  "",
)

t.test("each key is for what it can be pulled at", async (t) => {
  t.match(jobChoice("retry", corpse), { lever: "retry", target: { queue: "bad", id: "d1" } })
  t.match(jobChoice("discard", corpse), { lever: "discard", target: { id: "d1" } })
  t.match(jobChoice("cancel", running), { lever: "cancel", target: { queue: "send", id: "r1" } })
  t.strictSame(jobChoice("retry", bad), { lever: "retry", target: { queue: "bad" } })
  t.match(jobChoice("rest", send), { lever: "pause", target: { queue: "send" } })
  t.match(jobChoice("rest", slow), { lever: "resume", target: { queue: "slow" } })
})

t.test("elsewhere it says what to do", async (t) => {
  const refusals: [JobKey, typeof bad, RegExp][] = [
    ["retry", undefined, /nothing is selected/],
    ["cancel", corpse, /dead already: r has it done again, d forgets it/],
    ["retry", running, /it runs: c cancels it/],
    ["discard", running, /it runs/],
    ["rest", running, /P is for a queue/],
    ["rest", corpse, /P is for a queue/],
    ["cancel", send, /select one/],
    ["retry", send, /no job of send is dead/],
    ["discard", send, /no job of send is dead/],
    ["discard", bad, /pool jobs discard --dead --queue bad/],
  ]
  for (const [key, row, why] of refusals) {
    t.match(jobChoice(key, row), { refusal: why }, `${key} at ${row?.key}`)
  }
})

t.test("what loses something asks first", async (t) => {
  const levers = ["retry", "discard", "cancel", "pause", "resume"] as const
  t.strictSame(levers.filter(asksFirst), ["discard", "cancel"])
})
