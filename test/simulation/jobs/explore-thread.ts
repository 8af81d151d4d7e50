/** Runs schedules in a thread; see in-thread.ts. */
import { parentPort, workerData } from "node:worker_threads"
import type { FamilyName } from "./schedule.js"
import { explore, type Found, reportOf, type SearchOptions } from "./search.js"

/** What the thread is to do. */
export interface Exploration extends SearchOptions {
  readonly family: FamilyName
}

/** What it says in the end; `report` tells of the failure in words. */
export interface Explored {
  readonly found: Found
  readonly report: string
}

const { family, ...options } = workerData as Exploration
const found = await explore(family, options)
parentPort?.postMessage({ found, report: await reportOf(found) } satisfies Explored)
