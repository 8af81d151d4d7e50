/** How many schedules of each family a test runs: as many as the family says, more with SOAK=1; or as many as RUNS says. */
import t, { type Test } from "tap"
import type { Exploration, Explored } from "./explore-thread.js"
import { inThread } from "./in-thread.js"
import { FAMILIES, type FamilyName, type Kind } from "./schedule.js"
import { censusOf } from "./search.js"

/** A million in all. */
const SOAK_RUNS = Math.ceil(1_000_000 / Object.keys(FAMILIES).length)
/** The same schedules each time, so that only a change of the code turns a test red; with SOAK=1 new ones. */
const SEED = process.env.SEED ?? (process.env.SOAK ? undefined : "1")
/** What a schedule may take on a busy machine, in ms. */
const SLOW_MS = 200
/** From so many schedules on everything that can happen must have happened. */
const MANY = 1000
const [FEWEST, MOST] = [2, 9]
const THREAD = new URL("./explore-thread.ts", import.meta.url)

/** Fails with the shortest schedule that breaks a promise, told in words, and with the seed that finds it again. */
export async function holdUp(test: Test, family: FamilyName) {
  const runs = Number(process.env.RUNS ?? (process.env.SOAK ? SOAK_RUNS : FAMILIES[family].runs))
  for (const each of [t, test]) each.setTimeout(60_000 + runs * SLOW_MS)
  const what: Exploration = { family, runs, ...(SEED ? { seed: Number(SEED) } : {}) }
  const { found, report } = await inThread<Explored>(THREAD, what)
  test.comment(`${found.runs} schedules, seed ${found.seed}: ${censusOf(found)}`)
  if (found.failure) return test.fail(report)
  test.equal(found.runs, runs)
  if (runs < MANY) return
  for (const kind of Object.keys(FAMILIES[family].kinds) as Kind[]) {
    test.ok(found.happened.get(kind), `${kind} happened`)
  }
  for (let members = FEWEST; members <= MOST; members++) {
    test.ok(found.members.get(members), `there were ${members} members`)
  }
}
