/** Runs a few schedules of each family three times, in a thread; see in-thread.ts. */
import { parentPort } from "node:worker_threads"
import * as fc from "fast-check"
import { FAMILIES, type FamilyName, schedules, terrainOf } from "./schedule.js"
import { Timeline } from "./timeline.js"
import { type Outcome, run } from "./world.js"

export interface Repeated {
  readonly family: FamilyName
  readonly once: Outcome
  readonly again: Outcome
  /** Where each step waits for a turn of the event loop: it begins only when nothing is left in the queue of microtasks. */
  readonly inTurns: Outcome
}

const { settle } = Timeline.prototype
const repeated: Repeated[] = []
for (const family of Object.keys(FAMILIES) as FamilyName[]) {
  for (const schedule of fc.sample(schedules(FAMILIES[family]), { numRuns: 20, seed: 7 })) {
    const traced = () => run(schedule, terrainOf(family), true)
    const once = await traced()
    const again = await traced()
    Timeline.prototype.settle = () => new Promise(setImmediate)
    const inTurns = await traced()
    Timeline.prototype.settle = settle
    repeated.push({ family, once, again, inTurns })
  }
}
parentPort?.postMessage(repeated)
