/** What can be done to a job or a queue, which key does that to which row, why it can't be, and the words for it. Pure. */
import type { JobRow } from "./job-rows.js"

export type JobLever = "retry" | "discard" | "cancel" | "pause" | "resume"

/** What a lever is pulled at: a job, or a queue; `retry` of a queue means all its dead. */
export interface JobTarget {
  readonly queue: string
  readonly id?: string
}

/** The keys as the page of jobs means them. */
export type JobKey = "retry" | "discard" | "cancel" | "rest"

/** A lever at a row, or why nothing can be done. */
export type JobChoice =
  | { readonly lever: JobLever; readonly target: JobTarget }
  | { readonly refusal: string }

/** What is lost by it is asked about first. */
export function asksFirst(lever: JobLever): boolean {
  return lever === "discard" || lever === "cancel"
}

export function jobChoice(key: JobKey, row: JobRow | undefined): JobChoice {
  if (!row) return { refusal: "nothing is selected" }
  if (row.kind === "queue") return atQueue(key, row)
  const { queue, id } = row.job
  const target = { queue, id }
  if (key === "rest") return { refusal: "P is for a queue: select one" }
  if (row.kind === "running") {
    return key === "cancel"
      ? { lever: "cancel", target }
      : { refusal: `it runs: c cancels it; ${key} is for what is dead` }
  }
  return key === "cancel"
    ? { refusal: "it is dead already: r has it done again, d forgets it" }
    : { lever: key, target }
}

function atQueue(key: JobKey, { queue: counts }: Extract<JobRow, { kind: "queue" }>): JobChoice {
  const { queue, dead, pausedUntilMs } = counts
  if (key === "rest") return { lever: pausedUntilMs ? "resume" : "pause", target: { queue } }
  if (key === "cancel") return { refusal: "c is for a job that runs: select one" }
  if (dead === 0) return { refusal: `no job of ${queue} is dead` }
  if (key === "retry") return { lever: "retry", target: { queue } }
  return {
    refusal: `select a job that is dead; for all: pool jobs discard --dead --queue ${queue}`,
  }
}

/** What is said while nothing has come of it. */
export function askedOf(lever: JobLever, { queue, id }: JobTarget): string {
  const what = id ?? queue
  switch (lever) {
    case "retry":
      return id ? `bringing ${what} back` : `bringing back all that are dead of ${queue}`
    case "discard":
      return `forgetting ${what}`
    case "cancel":
      return `cancelling ${what}`
    case "pause":
      return `pausing ${queue}`
    case "resume":
      return `resuming ${queue}`
  }
}
