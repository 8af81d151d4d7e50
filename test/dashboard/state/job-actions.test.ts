import t from "tap"
import type { JobLever, JobTarget } from "../../../src/dashboard/jobs/job-levers.js"
import { aJob, aLook, aQueue, dead } from "../jobs/make.js"
import { stage } from "../stage.js"

const LOOK = aLook({
  queues: [aQueue("bad", { dead: 1 }), aQueue("send", { running: 1 })],
  running: [aJob("r1")],
  dead: [dead("d1", { queue: "bad" })],
})

/** A pool whose jobs are looked at, with all that was asked of it. */
async function jobsStage(answer: () => Promise<string> = async () => "done so") {
  const shown: boolean[] = []
  const orders: [JobLever, JobTarget][] = []
  const on = stage(undefined, {
    showJobs: (isShown) => void shown.push(isShown),
    orderJobs: (lever, target) => {
      orders.push([lever, target])
      return answer()
    },
  })
  on.press("j")
  on.source.say({ kind: "jobs", look: LOOK })
  await on.pass(300)
  return { ...on, shown, orders, selected: () => on.store.snapshot().selectedJob?.key }
}

t.test("the jobs are looked at while their page is shown, and forgotten after that", async (t) => {
  const on = await jobsStage()
  t.strictSame(on.shown, [true])
  t.match(on.screen(100, 30), /Queues 2[\s\S]*Running 1[\s\S]*Dead 1/)
  on.press("j")
  t.strictSame(on.shown, [true, false])
  t.match(on.screen(100, 30), /Members 3/)
  on.press("j")
  t.match(on.screen(100, 30), "Reading the jobs...")
  on.press("escape")
  t.strictSame(on.shown, [true, false, true, false])
})

t.test("where no jobs can be seen the key says so", async (t) => {
  const on = stage()
  on.press("j")
  t.equal(on.message(), "this pool is played: it has no jobs")
  t.notMatch(on.screen(100, 30), /j jobs/)
})

t.test("each key does to the selected row what it says, or says why not", async (t) => {
  const on = await jobsStage()
  t.equal(on.selected(), "queue bad")
  on.press("P")
  t.equal(on.message(), "pausing bad")
  await on.pass(200)
  t.equal(on.message(), "done so")
  on.press("r")
  t.equal(on.message(), "bringing back all that are dead of bad")
  on.press("down", "r")
  t.equal(on.message(), "no job of send is dead")
  on.press("G", "r")
  await on.pass(10)
  t.strictSame(on.orders, [
    ["pause", { queue: "bad" }],
    ["retry", { queue: "bad" }],
    ["retry", { queue: "bad", id: "d1" }],
  ])
  for (const key of ["s", "K", "h", "z", "n", "l", "b", "E", "tab"]) {
    on.press(key)
    t.equal(on.message(), "this key is for the pool: j goes back to it", key)
  }
  on.press("j", "c")
  t.equal(on.message(), "this key is for a job: j goes to them")
  t.equal(on.orders.length, 3)
})

t.test("what loses a job asks first, and only y is yes", async (t) => {
  const on = await jobsStage()
  on.press("G", "d", "x")
  on.press("d", "y")
  on.press("d")
  await on.pass(10)
  t.strictSame(on.orders, [["discard", { queue: "bad", id: "d1" }]])
  t.equal(on.store.snapshot().mode.kind, "normal", "key repeat asks nothing")
  await on.pass(400)
  on.press("up", "c")
  t.match(on.screen(100, 30), /Cancel r1\? .*\n y cancel it/)
  on.source.say({ kind: "jobs", look: { ...LOOK, running: [] } })
  await on.pass(300)
  on.press("y")
  await on.pass(10)
  t.equal(on.orders.length, 1, "the job has gone, and its question with it")
})

t.test("what can't be done is said, and stays until the next key", async (t) => {
  const on = await jobsStage(() => Promise.reject(new Error("too old")))
  on.press("P")
  await on.pass(200)
  t.match(on.store.snapshot().message, { text: "too old", isError: true })
  on.source.cut()
  await on.pass(10)
  on.press("P")
  t.match(on.message(), /^not connected to /)
})

t.test("the selection follows its job, and a filter belongs to the page", async (t) => {
  const on = await jobsStage()
  on.press("down", "down")
  t.equal(on.selected(), "running r1 a")
  const queues = [aQueue("another"), ...LOOK.queues]
  on.source.say({ kind: "jobs", look: { ...LOOK, queues } })
  await on.pass(300)
  t.equal(on.selected(), "running r1 a")
  on.press("/", ..."d1")
  t.match(on.screen(100, 30), /filter: d1_ +1 row /)
  on.press("enter")
  t.equal(on.selected(), "dead d1")
  on.press("escape")
  t.equal(on.store.snapshot().jobRows?.length, 5, "the first Esc clears it")
  on.press("/", ..."zz", "enter", "j")
  t.match(on.screen(100, 30), /Members 3/, "the members are not filtered")
})
