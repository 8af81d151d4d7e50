/** What a worker does where the user gave it nothing to do: it says who it is, and what it was asked. */
import { hostname } from "node:os"
import type { Leadership } from "../lease/leadership.js"
import type { Handlers } from "./handler.js"
import type { Job } from "./job.js"

/** Who did the work, as the built-in handlers answer it. */
export interface WhoDidIt {
  readonly worker: string
  readonly id: string
  readonly host: string
  readonly pid: number
  readonly role: "leader" | "follower"
  /** The term of the leader. */
  readonly term?: number
  /** The request's payload: its JSON if it is some, else its text. */
  readonly payload: unknown
}

/** The built-in handlers. `leadership` says in which reign the member is, so that simple work can show it. */
export function builtInHandlers(
  leadership: () => Leadership | undefined = () => undefined,
): Required<Pick<Handlers, "work" | "leaderWork">> {
  const host = hostname()
  const answer = (job: Job, reign: Leadership | undefined): WhoDidIt => {
    const who = { worker: job.member.name, id: job.member.id, host, pid: process.pid }
    const payload = payloadIn(job.text())
    return reign?.isLeading()
      ? { ...who, role: "leader", term: reign.term, payload }
      : { ...who, role: "follower", payload }
  }
  return {
    work: (job) => answer(job, leadership()),
    leaderWork: (job, reign) => answer(job, reign),
  }
}

function payloadIn(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
