/**
 * Answers as they go over the wire: who answered, in which term, and for a failure the service-API headers
 * that every NATS client shows as an error. The only file that writes the headers of a reply.
 */
import { headers, type MsgHdrs } from "nats"
import type { BusMessage } from "../contracts/bus.js"
import { copyHeaders } from "../encoding/headers.js"
import { oneLine, reasonOf, statusOf } from "../errors/thrown.js"
import type { Leadership } from "../lease/leadership.js"
import type { MemberLabel } from "./member.js"
import { type Traced, tracedIn } from "./trace.js"

/** Name of the worker that answered. */
export const WORKER_HEADER = "Pool-Worker"
/** Id of the member that answered. */
export const MEMBER_HEADER = "Pool-Member"
/** The term of the leader that answered. */
export const TERM_HEADER = "Pool-Term"
/** On a failure, what is known about the work: see Outcome. Absent where the handler itself failed. */
export const OUTCOME_HEADER = "Pool-Outcome"
/** How many full members have passed this request on. */
export const HOPS_HEADER = "Pool-Hops"
/** An id of this request, by which its requester can ask a later leader whether it is in hand. */
export const REQUEST_HEADER = "Pool-Request"
export const ERROR_CODE_HEADER = "Nats-Service-Error-Code"
export const ERROR_HEADER = "Nats-Service-Error"

/** `not-done`: it never reached a handler, and is safe to repeat. `unknown`: it may or may not have been done. */
export type FailureOutcome = "not-done" | "unknown"

/** A failure as the requester sees it. */
export interface Failure {
  /** As in HTTP: 400 bad request, 409 not the leader any more, 429 full, 500 handler failed, 504 too slow. */
  readonly status: number
  readonly reason: string
  readonly outcome?: FailureOutcome
}

/** The answer of a member whose reign ended while it had the request. */
export const REIGN_OVER: Failure = {
  status: 409,
  reason: "the reign ended before the answer: the request may or may not have been done",
  outcome: "unknown",
}

/** The longest reason sent, in characters: a stack or a whole document is no reason. */
const LONGEST_REASON = 500

/** Answers in the name of one member, or of one member in one reign. Made once, used for every reply. */
export class Seal {
  readonly #options: { headers: MsgHdrs }

  constructor(
    readonly member: MemberLabel,
    /** The reign in which it answers; undefined for simple work. */
    readonly leadership?: Leadership,
  ) {
    this.#options = { headers: encodedOnce(this.#headers()) }
  }

  /** Whether it may still answer: nobody else can lead yet. So even while the reign winds down. */
  holds(): boolean {
    return this.leadership === undefined || this.leadership.remainingMs() > 0
  }

  /** Answers `message`. Throws what the connection throws, e.g. for an answer above max_payload. */
  answer(message: BusMessage, payload: Uint8Array | string): void {
    const traced = tracedIn(message.headers)
    message.respond(
      payload,
      traced.length === 0 ? this.#options : { headers: this.#headers(traced) },
    )
  }

  /** Answers `message` with a failure. */
  refuse(message: BusMessage, failure: Failure): void {
    const hdrs = this.#headers(tracedIn(message.headers))
    hdrs.set(ERROR_CODE_HEADER, String(failure.status))
    hdrs.set(ERROR_HEADER, oneLine(failure.reason, LONGEST_REASON))
    if (failure.outcome !== undefined) hdrs.set(OUTCOME_HEADER, failure.outcome)
    message.respond("", { headers: hdrs })
  }

  #headers(traced: Traced = []): MsgHdrs {
    const hdrs = headers()
    hdrs.set(WORKER_HEADER, this.member.name)
    hdrs.set(MEMBER_HEADER, this.member.id)
    if (this.leadership !== undefined) hdrs.set(TERM_HEADER, String(this.leadership.term))
    return copyHeaders(traced, hdrs)
  }
}

/** What a handler threw, as a failure: its `status` if that is an error status, else 500. */
export function failureOf(error: unknown): Failure {
  return { status: statusOf(error), reason: reasonOf(error) || "the handler failed" }
}

/** The headers of most replies never change, so their bytes are made once: a quarter of a reply's cost. */
function encodedOnce(hdrs: MsgHdrs): MsgHdrs {
  const encodable = hdrs as MsgHdrs & { encode(): Uint8Array }
  const bytes = encodable.encode()
  encodable.encode = () => bytes
  return hdrs
}
