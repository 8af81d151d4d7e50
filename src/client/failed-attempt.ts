/** What an attempt to ask came to when it was no answer, and whether it may be repeated. */
import type { BusMessage } from "../contracts/bus.js"
import { ConnectionLost, NotPermitted, RequestLost } from "../errors/client-errors.js"
import {
  isNoResponders,
  isNotPermitted,
  isPayloadTooLarge,
  isTimeout,
  LeaderChanged,
  NoLeader,
  NoWorkers,
  PayloadTooLarge,
  RequestTimeout,
} from "../errors/errors.js"
import { failureIn } from "./answer.js"

export interface FailedAttempt {
  /** What to throw if it is not repeated. */
  readonly error: unknown
  /** `not-done`: to be repeated; `unknown`: only if it is idempotent; `final`: never. */
  readonly outcome: "not-done" | "unknown" | "final"
  /** Nobody listened on the subject. */
  readonly isDeserted?: boolean
}

/** What is known of a request, for the errors. */
export interface Asked {
  readonly pool: string
  readonly subject: string
  readonly payload: Uint8Array
  readonly maxPayload: number
  readonly timeoutMs: number
}

/** What failed while an answer was waited for. */
export function failedAttemptOf(error: unknown, asked: Asked): FailedAttempt {
  const cause = { cause: error }
  if (isNoResponders(error)) {
    return { error: new NoWorkers(asked.pool, cause), outcome: "not-done", isDeserted: true }
  }
  if (isTimeout(error)) {
    return { error: new RequestTimeout(asked.subject, asked.timeoutMs, cause), outcome: "final" }
  }
  if (isNotPermitted(error)) {
    return { error: new NotPermitted(asked.subject, cause), outcome: "final" }
  }
  if (isPayloadTooLarge(error)) {
    return {
      error: new PayloadTooLarge(asked.payload.length, asked.maxPayload, cause),
      outcome: "final",
    }
  }
  const isUnknown = [LeaderChanged, ConnectionLost, RequestLost].some((it) => error instanceof it)
  return { error, outcome: isUnknown ? "unknown" : "final" }
}

/** The failure that a worker answered; undefined if the message is a result. */
export function failedAttemptIn(message: BusMessage, pool: string): FailedAttempt | undefined {
  const failure = failureIn(message)
  if (failure === undefined) return undefined
  const { error, outcome } = failure
  if (outcome === "not-done") return { error, outcome }
  if (outcome !== "unknown") return { error, outcome: "final" }
  // Who was too slow once will be again.
  if (error.status === 504) return { error, outcome: "final" }
  const isReignOver = error.status === 409
  return {
    error: isReignOver ? new LeaderChanged(pool, undefined, { cause: error }) : error,
    outcome: "unknown",
  }
}

/** What a request ends with that failed like this and has no time left for another attempt. */
export function tooLate(
  pool: string,
  { toLeader, timeoutMs }: { readonly toLeader: boolean; readonly timeoutMs: number },
  { error, outcome, isDeserted }: FailedAttempt,
): unknown {
  if (!toLeader || outcome !== "not-done") return error
  const cause = isDeserted ? (error as Error).cause : error
  return new NoLeader(pool, timeoutMs, { cause })
}
