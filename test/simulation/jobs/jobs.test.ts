/** How many schedules of each family a test runs: 1,500 in all, 150,000 with SOAK=1; or as many of each as RUNS says. */
import t, { type Test } from "tap"
import { SLOW_MS, tryOut } from "../trial.js"
import { FAMILIES, type FamilyName } from "./schedule.js"
import { censusOf, type Found } from "./search.js"

const RUNS = Number(process.env.RUNS ?? (process.env.SOAK ? 25_000 : 250))
/** From so many schedules on everything that can happen must have happened. */
const MANY = 200
const THREAD = new URL("./explore-thread.ts", import.meta.url)

async function holdUp(t: Test, family: FamilyName): Promise<void> {
  const kinds = Object.keys(FAMILIES[family].kinds)
  await tryOut<Found>(t, { thread: THREAD, family, runs: RUNS, kinds, many: MANY }, censusOf)
}

t.setTimeout(60_000 + 5 * RUNS * SLOW_MS)

t.test("on a good network a job runs again only for what was done to its worker", (t) =>
  holdUp(t, "calm"),
)

t.test("a stop of a worker counts for nothing, however often it comes", (t) => holdUp(t, "comings"))

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
