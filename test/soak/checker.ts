/** Judges a history that is still being written, again and again, in a thread of its own: it would hold up who asks. */
import { readFileSync } from "node:fs"
import { parentPort, workerData } from "node:worker_threads"
import type { Line } from "../faults/history.js"
import { judge } from "../faults/judge.js"

const EVERY_MS = 10_000
const { path } = workerData as { path: string }

export function linesIn(file: string): Line[] {
  const lines = readFileSync(file, "utf8").split("\n")
  // The last one may be half written.
  return lines.slice(0, -1).map((line) => JSON.parse(line) as Line)
}

/** What is wrong so far. What has not ended yet may still end. */
export function breachesSoFar(lines: readonly Line[]): string[] {
  return judge(lines).breaches.filter((breach) => !/ never (ends|fires)?$/.test(breach))
}

setInterval(() => {
  const breaches = breachesSoFar(linesIn(path))
  if (breaches.length > 0) parentPort?.postMessage(breaches)
}, EVERY_MS)
