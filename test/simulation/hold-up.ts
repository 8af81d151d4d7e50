/** How many schedules of each family a test runs: as many as the family says, more with SOAK=1; or as many as RUNS says. */
import t, { type Test } from "tap"
import { FAMILIES, type FamilyName } from "./schedule.js"
import { censusOf, type Found } from "./search.js"
import { SLOW_MS, tryOut } from "./trial.js"

/** A million in all. */
const SOAK_RUNS = Math.ceil(1_000_000 / Object.keys(FAMILIES).length)
/** From so many schedules on everything that can happen must have happened. */
const MANY = 1000
const [FEWEST, MOST] = [2, 9]
/** As long as tap waits for any file, for those of others may follow in the same process. */
const PATIENCE_MS = 600_000
const THREAD = new URL("./explore-thread.ts", import.meta.url)

/** Fails with the shortest schedule that breaks a promise, told in words, and with the seed that finds it again. */
export async function holdUp(test: Test, family: FamilyName) {
  const runs = Number(process.env.RUNS ?? (process.env.SOAK ? SOAK_RUNS : FAMILIES[family].runs))
  for (const each of [t, test]) each.setTimeout(PATIENCE_MS + runs * SLOW_MS)
  const kinds = Object.keys(FAMILIES[family].kinds)
  const trial = { thread: THREAD, family, runs, kinds, many: MANY }
  const found = await tryOut<Found>(test, trial, censusOf)
  if (!found) return
  for (let members = FEWEST; members <= MOST; members++) {
    test.ok(found.members.get(members), `there were ${members} members`)
  }
}
