/** Runs schedules in a thread; see in-thread.ts. */
import { parentPort, workerData } from "node:worker_threads"
import type { FamilyName } from "./schedule.js"
import { explore, type Found, reportOf } from "./search.js"
import type { Exploration, Explored } from "./trial.js"

const { family, ...options } = workerData as Exploration<FamilyName>
const found = await explore(family, options)
parentPort?.postMessage({ found, report: await reportOf(found) } satisfies Explored<Found>)
