/**
 * Jobs that are put to the test: plain JavaScript, for worker processes load it as they load a user's handlers. Each writes
 * down when it begins, and how it ends; see jobs-crew.ts.
 */
import { appendFileSync } from "node:fs"
import { setTimeout as later } from "node:timers/promises"
import { sharedMs } from "./pulse.js"

const { JOBS_HISTORY = "", JOBS_NAME: who, JOBS_LEASE_MS: leaseMs } = process.env
const LOOK_MS = 5

function note(line) {
  const { pid, ppid } = process
  appendFileSync(JOBS_HISTORY, `${JSON.stringify({ at: sharedMs(), who, pid, ppid, ...line })}\n`)
}

async function send(job) {
  const { id, token, attempt } = job
  const { takesMs } = job.json()
  note({ what: "begins", id, token, attempt })
  const untilMs = sharedMs() + takesMs
  do {
    await later(LOOK_MS)
    // Before each act, as the guide says.
    if (job.signal.aborted) {
      note({ what: "stops", id, token, reason: job.signal.reason.name })
      throw job.signal.reason
    }
  } while (sharedMs() < untilMs)
  note({ what: "ends", id, token })
  return who
}

export const jobs = {
  send: { handler: send, concurrency: 4, ...(leaseMs && { leaseMs: Number(leaseMs) }) },
}
