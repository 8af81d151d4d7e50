/** How many schedules of each family a test runs: 1,250 in all, 100,000 with SOAK=1; or as many of each as RUNS says. */
import t, { type Test } from "tap"
import { inThread } from "../in-thread.js"
import type { Exploration, Explored } from "./explore-thread.js"
import { FAMILIES, type FamilyName, type Kind } from "./schedule.js"
import { censusOf } from "./search.js"

const RUNS = Number(process.env.RUNS ?? (process.env.SOAK ? 25_000 : 250))
/** The same schedules each time, so that only a change of the code turns a test red; with SOAK=1 new ones. */
const SEED = process.env.SEED ?? (process.env.SOAK ? undefined : "1")
/** What a schedule may take on a busy machine, in ms. */
const SLOW_MS = 200
/** From so many schedules on everything that can happen must have happened. */
const MANY = 200
const THREAD = new URL("./explore-thread.ts", import.meta.url)

async function holdUp(t: Test, family: FamilyName): Promise<void> {
  const exploration: Exploration = { family, runs: RUNS, ...(SEED ? { seed: Number(SEED) } : {}) }
  const { found, report } = await inThread<Explored>(THREAD, exploration)
  t.comment(`${found.runs} schedules, seed ${found.seed}: ${censusOf(found)}`)
  if (found.failure) return void t.fail(report)
  t.equal(found.runs, RUNS)
  if (RUNS < MANY) return
  for (const kind of Object.keys(FAMILIES[family].kinds) as Kind[]) {
    t.ok(found.happened.get(kind), `${kind} happened`)
  }
}

t.setTimeout(60_000 + 5 * RUNS * SLOW_MS)

t.test("on a good network a job runs again only for what was done to its worker", (t) =>
  holdUp(t, "calm"),
)

t.test("whatever is late or lost, no job is lost, and none runs twice at once", (t) =>
  holdUp(t, "network"),
)

t.test("who stood still past its lease settles nothing", (t) => holdUp(t, "freezes"))

t.test("a lease counts from when it was asked for, however late the answers are", (t) =>
  holdUp(t, "leases"),
)

t.test(
  "ticks are fired once, or as their policy says, by leaders that know nothing of each other",
  (t) => holdUp(t, "cron"),
)
