/** An answer as the one who asked sees it. Headers are read when they are asked for. */
import type { MsgHdrs } from "nats"
import type { BusMessage } from "../contracts/bus.js"
import { WorkFailed } from "../errors/errors.js"
import {
  ERROR_CODE_HEADER,
  ERROR_HEADER,
  type FailureOutcome,
  MEMBER_HEADER,
  OUTCOME_HEADER,
  TERM_HEADER,
  WORKER_HEADER,
} from "../protocol/reply.js"

const decoder = new TextDecoder()

/** The answer of a worker. */
export class Answer {
  readonly #message: BusMessage

  /** @internal */
  constructor(
    message: BusMessage,
    /** From the call to the answer, in ms; waiting for a worker or a leader included. */
    readonly ms: number,
  ) {
    this.#message = message
  }

  /** The payload. */
  get data(): Uint8Array {
    return this.#message.data
  }

  /** The headers of the answer; undefined if it has none. */
  get headers(): MsgHdrs | undefined {
    return this.#message.headers
  }

  /** Name of the worker that answered; empty if it is none of ours. */
  get worker(): string {
    return this.headers?.get(WORKER_HEADER) ?? ""
  }

  /** Id of the member that answered. */
  get memberId(): string {
    return this.headers?.get(MEMBER_HEADER) ?? ""
  }

  /** The term of the leader that answered; undefined for simple work. */
  get term(): number | undefined {
    return termIn(this.#message)
  }

  /** The payload as text (UTF-8). */
  text(): string {
    return decoder.decode(this.data)
  }

  /** The payload as JSON. Throws SyntaxError if it is none. */
  json<T = unknown>(): T {
    return JSON.parse(this.text()) as T
  }
}

/** A failure that a worker answered. */
export interface AnsweredFailure {
  readonly error: WorkFailed
  /** What is known about the work; undefined where the handler itself failed. */
  readonly outcome: FailureOutcome | undefined
}

/** The failure in an answer, if it is one. */
export function failureIn({ headers }: BusMessage): AnsweredFailure | undefined {
  const status = headers?.get(ERROR_CODE_HEADER)
  if (headers === undefined || !status) return undefined
  const worker = headers.get(WORKER_HEADER) || undefined
  const outcome = headers.get(OUTCOME_HEADER)
  return {
    error: new WorkFailed(Number(status), headers.get(ERROR_HEADER), worker),
    outcome: outcome === "not-done" || outcome === "unknown" ? outcome : undefined,
  }
}

/** The term in an answer. */
export function termIn({ headers }: BusMessage): number | undefined {
  const term = Number(headers?.get(TERM_HEADER) || Number.NaN)
  return Number.isSafeInteger(term) ? term : undefined
}
