import t from "tap"
import { cells } from "../../../../src/dashboard/drawing/line.js"
import type { JobsLook } from "../../../../src/dashboard/jobs/jobs-seen.js"
import { aJob, aLook, aQueue, dead } from "../../jobs/make.js"
import { matchesPicture } from "../../picture-book.js"
import { NOON, type Stage, stage } from "../../stage.js"

const SIZES: readonly [number, number][] = [
  [100, 30],
  [80, 24],
  [60, 16],
  [38, 8],
]

/** The page of jobs, on which nothing is known yet. */
function jobsStage(): Stage {
  const on = stage(undefined, { showJobs() {} })
  on.press("j")
  return on
}

const MINUTE = 60_000
const LOOK = aLook({
  queues: [
    aQueue("bad", { dead: 5, ended: 10 }),
    aQueue("nobody-serves-this-one", { waiting: 3, isServed: false, oldestMs: NOON - 70 * MINUTE }),
    aQueue("report", { waiting: 3, running: 2, ended: 3, oldestMs: NOON - 4_000 }),
    aQueue("send", { waiting: 12_345, running: 2, delayed: 3, ended: 40_000, oldestMs: NOON }),
    aQueue("slow", { waiting: 1, pausedUntilMs: NOON + MINUTE, oldestMs: NOON - MINUTE }),
  ],
  running: [
    aJob("N8AQURK36M91CH26LIGRDD-31", {
      ...{ queue: "report", runsForMs: 20 * MINUTE, progress: "page 3 of 12", attempt: 2 },
    }),
    aJob("N8AQURK36M91CH26LIGRDD-32", { queue: "report", worker: "atlas-47", runsForMs: 9_000 }),
    aJob("ann", { runsForMs: 3_000, progress: { done: 5, of: 20 } }),
    aJob("eve", { runsForMs: 100, progress: 0.25 }),
  ],
  dead: [1, 2, 3].map((n) =>
    dead(`N8AQURK36M91CH26LIGRDD-54${n}`, {
      ...{ queue: "bad", diedMs: NOON - n * MINUTE },
      reason: "smtp.example.org refused the connection: 550 mailbox unavailable, try another",
    }),
  ),
})

async function twice(on: Stage, look: JobsLook): Promise<void> {
  on.source.say({ kind: "jobs", look })
  await on.pass(1_000)
  const queues = look.queues.map((counts) =>
    counts.queue === "send" ? { ...counts, ended: counts.ended + 21 } : counts,
  )
  const running = look.running.map((job) => ({ ...job, runsForMs: job.runsForMs + 1_003 }))
  on.source.say({ kind: "jobs", look: { ...look, queues, running } })
  await on.pass(300)
}

t.test("queues, what runs and what is dead, at each size", async (t) => {
  const on = jobsStage()
  await twice(on, LOOK)
  for (const [columns, rows] of SIZES) {
    matchesPicture(t, `jobs-${columns}x${rows}`, on.screen(columns, rows))
  }
  on.press("G")
  for (const [columns, rows] of SIZES) {
    matchesPicture(t, `jobs-end-${columns}x${rows}`, on.screen(columns, rows))
  }
})

t.test(
  "a pool without jobs says how to have one, before it is known nothing is said",
  async (t) => {
    const on = jobsStage()
    t.match(on.screen(60, 16), "Reading the jobs...")
    on.source.say({ kind: "jobs", look: aLook({ hasJobs: false }) })
    await on.pass(300)
    for (const [columns, rows] of [
      [100, 30],
      [38, 8],
    ] as const) {
      matchesPicture(t, `jobs-none-${columns}x${rows}`, on.screen(columns, rows))
    }
    on.source.say({ kind: "jobs", look: { problem: "no answer" } })
    await on.pass(300)
    t.match(on.screen(60, 16), "The jobs can't be looked at: no answer")
  },
)

t.test("questions and help fit each size", async (t) => {
  const on = jobsStage()
  await twice(on, LOOK)
  on.press("G", "d")
  for (const [columns, rows] of SIZES) {
    matchesPicture(t, `jobs-discard-${columns}x${rows}`, on.screen(columns, rows))
  }
  on.press("n", "/", ..."ann", "enter", "c")
  t.match(on.screen(100, 30), "Cancel ann? Its handler is told to stop")
  on.press("n", "?")
  for (const [columns, rows] of SIZES) {
    matchesPicture(t, `jobs-help-${columns}x${rows}`, on.screen(columns, rows))
  }
})

t.test("whatever there is, each line is exactly as wide as the screen", async (t) => {
  const wide = "日本語の名前".repeat(4)
  const on = jobsStage()
  await twice(
    on,
    aLook({
      queues: [aQueue("q".repeat(64), { waiting: 1e9, ended: 1e9 }), aQueue("a")],
      running: [aJob("x".repeat(200), { worker: wide, progress: wide, attempt: 1_000 })],
      dead: [dead("y".repeat(200), { reason: `${wide}\x1b[2J\n`, worker: wide })],
    }),
  )
  for (let columns = 36; columns <= 130; columns += 7) {
    for (const rows of [6, 8, 12, 16, 20, 30]) {
      const lines = on.screen(columns, rows).split("\n").slice(0, -1)
      t.equal(lines.length, rows)
      const wrong = lines.filter((line) => cells(line) !== columns)
      t.strictSame(wrong, [], `${columns}x${rows}`)
    }
  }
})
