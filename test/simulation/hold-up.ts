/** How many schedules of each family a test runs: 100,000 in all, a million with SOAK=1; or as many as RUNS says. */
import t, { type Test } from "tap"
import { FAMILIES, type FamilyName } from "./schedule.js"
import { explore, reportOf } from "./search.js"

const IN_ALL = process.env.SOAK ? 1_000_000 : 100_000
const RUNS = Number(process.env.RUNS ?? IN_ALL / Object.keys(FAMILIES).length)
/** The same schedules each time, so that only a change of the code turns a test red; with SOAK=1 new ones. */
const SEED = process.env.SEED ?? (process.env.SOAK ? undefined : "1")
/** What a schedule may take on a busy machine, in ms. */
const SLOW_MS = 50

/** Fails with the shortest schedule that breaks a promise, told in words, and with the seed that finds it again. */
export async function holdUp(test: Test, family: FamilyName): Promise<void> {
  for (const each of [t, test]) each.setTimeout(60_000 + RUNS * SLOW_MS)
  const found = await explore(family, {
    runs: RUNS,
    ...(SEED ? { seed: Number(SEED) } : {}),
  })
  test.comment(`${found.runs} schedules, seed ${found.seed}`)
  if (found.failure) test.fail(await reportOf(found))
  else test.equal(found.runs, RUNS)
}
