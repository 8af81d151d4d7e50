import t from "tap"
import { RESTART_PACE } from "../../src/member/restarts.js"
import { Respawn } from "../../src/supervision/respawn.js"
import { Pace } from "../../src/time/pace.js"
import { testGroup } from "../fixtures/crew.js"
import { ManualClock } from "../fixtures/manual-clock.js"

function stage() {
  const clock = new ManualClock()
  const started: number[] = []
  const reports: string[] = []
  const respawn = new Respawn({
    clock,
    start: async () => started.push(clock.now().monoMs),
    report: (problem) => reports.push(problem),
  })
  return { clock, started, reports, respawn }
}

t.test("pauses double, up to half a minute", async (t) => {
  const clock = new ManualClock()
  const pace = new Pace({ clock, ...RESTART_PACE })
  const pauses: number[] = []
  for (let nth = 1; nth <= 11; nth += 1) {
    pauses.push(pace.nextMs)
    const waited = pace.wait()
    await clock.pass(30_000)
    await waited
  }
  t.strictSame(pauses.slice(0, 3), [100, 200, 400])
  t.strictSame(pauses.slice(-3), [25_600, 30_000, 30_000])
})

t.test("a worker that dies is brought back, later each time", async (t) => {
  const { clock, started, respawn, reports } = stage()
  for (let n = 0; n < 3; n += 1) {
    respawn.joined("a")
    respawn.died("a", "killed by SIGKILL")
    await clock.pass(1000)
  }
  t.strictSame(started, [100, 1200, 2400])
  t.equal(reports[0], "worker a killed by SIGKILL; it is started again in 0.1 s")
})

t.test("one that dies before it has joined again waits longer too", async (t) => {
  const { clock, started, respawn } = stage()
  respawn.joined("a")
  respawn.died("a", "ended")
  await clock.pass(1000)
  respawn.died("a", "ended")
  await clock.pass(1000)
  t.strictSame(started, [100, 1200])
})

t.test("one that has run for a minute begins with a short pause again", async (t) => {
  const { clock, started, respawn } = stage()
  for (let n = 0; n < 3; n += 1) {
    respawn.joined("a")
    await clock.pass(60_000)
    respawn.died("a", "ended")
    await clock.pass(100)
  }
  t.strictSame(started, [60_100, 120_200, 180_300])
})

t.test("one that can't be started again is reported", async (t) => {
  const clock = new ManualClock()
  const reports: unknown[][] = []
  const respawn = new Respawn({
    clock,
    start: () => Promise.reject(new Error("no memory")),
    report: (...said) => reports.push(said),
  })
  respawn.joined("a")
  respawn.died("a", "ended")
  await clock.pass(100)
  t.match(reports[1], ["worker a could not be started again", { message: "no memory" }])
})

t.test("one that never joined is not brought back, and nobody is once it is over", async (t) => {
  const { clock, started, respawn } = stage()
  respawn.died("a", "ended")
  respawn.joined("b")
  respawn.died("b", "ended")
  respawn.stop()
  respawn.died("b", "ended")
  await clock.pass(60_000)
  t.strictSame(started, [])
  t.equal(clock.alarms, 0)
})

t.test("a killed worker process is back as the youngest; a stopped one is not", async (t) => {
  const { group, start, leads, worker, events } = await testGroup(t, {}, { respawn: true })
  await start("a", "b")
  await leads("a", "b")
  process.kill(worker("a").pid, "SIGKILL")
  await events.until((all) => all.filter(({ type }) => type === "joined").length === 3)
  await leads("b", "a")
  await group.supervisor.stop(worker("a").pid, 20_000)
  await leads("b")
  process.kill(worker("b").pid, "SIGTERM")
  await events.until((all) => all.filter(({ type }) => type === "gone").length === 3)
  const joined = events.all.filter(({ type }) => type === "joined").map((it) => it.worker.name)
  t.strictSame(joined, ["a", "b", "a"])
  t.strictSame(group.supervisor.workers, [])
})

t.test("a worker that fails too often ends its process with an error", async (t) => {
  const handler = new URL("../fixtures/failing-leader.mjs", import.meta.url).pathname
  const { start, events } = await testGroup(t, {
    handler,
    restarts: { failures: 2, withinMs: 60_000 },
  })
  await start("a")
  const gone = await events.one(({ type }) => type === "gone")
  t.match(gone, { isKind: false, isAskedFor: false, how: "ended with exit code 1" })
  const failed = events.all.find(({ type }) => type === "failed")
  t.match(failed, { message: /failed more than 2 times within 60 s/ })
})
