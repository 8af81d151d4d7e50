/**
 * Runs schedules from the command line:
 *
 *   node --import=tsx test/simulation/jobs/explore.ts network 1000 [seed] [path]
 */
import { summaryOf } from "../hunt.js"
import type { FamilyName } from "./schedule.js"
import { censusOf, explore, reportOf } from "./search.js"

const [name = "network", count = "1000", seed, path] = process.argv.slice(2)
const beganMs = performance.now()
const found = await explore(name as FamilyName, {
  runs: Number(count),
  ...(seed ? { seed: Number(seed) } : {}),
  ...(path ? { path } : {}),
})
const seconds = (performance.now() - beganMs) / 1000
if (process.env.EXPLORE_JSON) console.log(JSON.stringify(summaryOf(found)))
else {
  console.log(await reportOf(found))
  console.log(`${name}: ${found.runs} schedules in ${seconds.toFixed(1)} s; ${censusOf(found)}`)
}
