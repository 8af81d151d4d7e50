/**
 * The work of the members that are put to the test: plain JavaScript, for worker processes load it as they load a
 * user's handlers. Each deed is a line in the history; see history.ts.
 *
 * What a member is told about its reign it learns in one of three ways. By default it asks `isLeading()` all the time.
 * With WITNESS_OBEYS=signal it never asks, and knows of its end by its signal alone; with WITNESS_OBEYS=reading it reads
 * that signal before each act, and asks nothing else.
 */
import { existsSync, openSync, writeSync } from "node:fs"
import { setTimeout as later } from "node:timers/promises"
import { noteClaimWrites } from "./claim-writes.js"
import { burnedMs, sharedMs, watchPulse } from "./pulse.js"

const { WITNESS_HISTORY = "", WITNESS_NAME: who, WITNESS_OBEYS = "questions" } = process.env
const file = openSync(WITNESS_HISTORY, "a")
const ASK_EVERY_MS = 1
const READ_EVERY_MS = 5

function note(line) {
  writeSync(file, `${JSON.stringify({ at: sharedMs(), who, ...line })}\n`)
}

note({ what: "born", pid: process.pid, ppid: process.ppid })

noteClaimWrites(note)

/** What was burned because a test asked for it, since that was last told. */
let wantedCpuMs = 0
watchPulse(({ fromMs, cpuMs }) => {
  note({ what: "stalled", fromMs, cpuMs: cpuMs - wantedCpuMs })
  wantedCpuMs = 0
})

export async function lead(leadership) {
  const { term, signal } = leadership
  note({ what: "begins", term })
  const ended = new Promise((resolve) => {
    const end = () => {
      note({ what: "ends", term, reason: signal.reason.reason })
      resolve()
    }
    if (signal.aborted) end()
    else signal.addEventListener("abort", end, { once: true })
  })
  if (WITNESS_OBEYS === "reading") await actUnlessAborted(leadership)
  while (WITNESS_OBEYS === "questions" && acts(leadership)) await later(ASK_EVERY_MS)
  await ended
}

/** As most programs do: its timer is older than that of the reign, and rings first when it is thawed. */
async function actUnlessAborted({ term, signal }) {
  for (let at = sharedMs(); !signal.aborted; at = sharedMs()) {
    note({ at, what: "acts", term })
    await later(READ_EVERY_MS)
  }
}

/** The time is taken before the question: who is stopped in between was told yes for an instant that is past. */
function acts(leadership, deed = { what: "acts" }) {
  const at = sharedMs()
  const isLeading = leadership.isLeading()
  if (isLeading) note({ at, term: leadership.term, ...deed })
  return isLeading
}

export async function leaderWork(job, leadership) {
  const { request, blockMs = 0, blockUntil, holdMs } = job.json()
  const beganCpuMs = burnedMs()
  const untilMs = sharedMs() + blockMs
  while (sharedMs() < untilMs || (blockUntil && !existsSync(blockUntil)));
  if (blockMs || blockUntil) wantedCpuMs += burnedMs() - beganCpuMs
  if (holdMs) await later(holdMs)
  acts(leadership, { what: "answers", request })
  return { request, by: who }
}

export const work = () => who
