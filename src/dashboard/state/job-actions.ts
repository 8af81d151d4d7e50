/** What a key means on the page of jobs. Pure; `actions.ts` pulls the levers. */
import { asksFirst, type JobKey, jobChoice } from "../jobs/job-levers.js"
import type { Command } from "../keys/keymap.js"
import { atJobs, type OrderedJob, type Ui } from "../keys/ui.js"
import type { Snapshot } from "./snapshot.js"

/** Another Ui, a lever to be pulled, or why nothing can be done. */
export type JobAnswer =
  | { readonly ui: Ui }
  | { readonly order: OrderedJob }
  | { readonly refusal: string }

const KEYS: Partial<Record<Command, JobKey>> = {
  restart: "retry",
  cancel: "cancel",
  discard: "discard",
  rest: "rest",
}
const OF_THE_POOL: ReadonlySet<Command> = new Set<Command>([
  ...(["stop", "kill", "hand-over", "freeze", "start"] as const),
  ...(["lame-duck", "bring-back", "bring-back-empty", "switch"] as const),
])

/** What `command` means for the jobs; undefined if it is about something else. */
export function jobAnswer(command: Command, ui: Ui, snapshot: Snapshot): JobAnswer | undefined {
  const { facts, selectedJob, pool } = snapshot
  if (command === "jobs") {
    return facts.canShowJobs
      ? { ui: atJobs(ui) }
      : { refusal: "this pool is played: it has no jobs" }
  }
  if (!ui.jobs) {
    const isAboutJobs = command === "cancel" || command === "discard"
    return isAboutJobs ? { refusal: "this key is for a job: j goes to them" } : undefined
  }
  if (OF_THE_POOL.has(command)) {
    return { refusal: "this key is for the pool: j goes back to it" }
  }
  const key = KEYS[command]
  if (!key) return undefined
  if (!pool.connection.isUp) {
    return { refusal: `not connected to ${facts.server}: this key works again when it is back` }
  }
  const choice = jobChoice(key, selectedJob)
  if ("refusal" in choice) return choice
  if (!selectedJob || !asksFirst(choice.lever)) return { order: choice }
  return { ui: { ...ui, mode: { kind: "job", key: selectedJob.key, ...choice } } }
}
