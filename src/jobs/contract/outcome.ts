/**
 * What is told of a job when it is over, on its `done` subject: its result as the payload, as it is, or headers that say
 * why there is none. Nobody keeps it: who wants to know listens before that, or has the result kept.
 */
import { headers, type MsgHdrs } from "nats"
import { REASON_HEADER, reasonLine, WORKER_HEADER } from "./job-record.js"

export const OUTCOME_HEADER = "Pool-Job-Outcome"

/** `unsent`: it was done, and its result can't be sent. */
export type Misfortune = "dead" | "cancelled" | "unsent"

/** The headers of a job that has no result. */
export function misfortuneHeaders(outcome: Misfortune, reason: string, worker: string): MsgHdrs {
  const hdrs = headers()
  hdrs.set(OUTCOME_HEADER, outcome)
  hdrs.set(REASON_HEADER, reasonLine(reason))
  if (worker) hdrs.set(WORKER_HEADER, worker)
  return hdrs
}

/** Why a job has no result; undefined if it was done. */
export function misfortuneIn(
  hdrs: MsgHdrs | undefined,
): { readonly outcome: Misfortune; readonly reason: string } | undefined {
  const outcome = hdrs?.get(OUTCOME_HEADER)
  if (outcome !== "dead" && outcome !== "cancelled" && outcome !== "unsent") return undefined
  return { outcome, reason: hdrs?.get(REASON_HEADER) ?? "" }
}
