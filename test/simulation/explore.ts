/**
 * Runs schedules from the command line:
 *
 *   node --import=tsx test/simulation/explore.ts network 10000 [seed] [path]
 */
import { summaryOf } from "./hunt.js"
import type { FamilyName } from "./schedule.js"
import { explore, reportOf } from "./search.js"

const [name = "network", count = "1000", seed, path] = process.argv.slice(2)
const began = performance.now()
const found = await explore(name as FamilyName, {
  runs: Number(count),
  ...(seed ? { seed: Number(seed) } : {}),
  ...(path ? { path } : {}),
})
const seconds = (performance.now() - began) / 1000
if (process.env.EXPLORE_JSON) console.log(JSON.stringify(summaryOf(found)))
else {
  console.log(await reportOf(found))
  console.log(
    `${name}: ${found.runs} schedules, ${(found.runs / seconds).toFixed(0)} a second, ` +
      `${(found.events / found.runs).toFixed(0)} events and ${(found.reigns / found.runs).toFixed(1)} reigns each, ` +
      `longest wait ${(found.longest * 100).toFixed(0)}% of what is allowed`,
  )
}
