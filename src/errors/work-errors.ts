/** Failures while a member does the work of a request. Each knows the status its requester sees. */
import { PoolError } from "./errors.js"

/**
 * The request asks for what cannot be done; throw it in a handler, and the requester sees a 400 with the
 * message. Anything thrown with a `status` from 400 to 599 does the same with that status; all others are a 500.
 *
 * @example
 * if (!(amount > 0)) throw new BadRequest(`amount: expected more than 0, got ${amount}`)
 */
export class BadRequest extends PoolError {
  override readonly name = "BadRequest"
  override readonly code = "bad-request"
  readonly status = 400
}

/** The handler took too long: what its signal fires with, and a 504 for the requester. */
export class HandlerTimeout extends PoolError {
  override readonly name = "HandlerTimeout"
  override readonly code = "handler-timeout"
  readonly status = 504
  constructor(readonly timeoutMs: number) {
    super(`no result within ${timeoutMs} ms: the request may or may not have been done`)
  }
}

/** The handler's answer is larger than the server lets through. The work was done, its result was not sent. */
export class AnswerTooLarge extends PoolError {
  override readonly name = "AnswerTooLarge"
  override readonly code = "answer-too-large"
  readonly status = 500
  constructor(
    /** The server's max_payload, if it is known. */
    readonly maxBytes?: number,
    options?: ErrorOptions,
  ) {
    const limit = maxBytes === undefined ? "" : ` (${maxBytes} bytes)`
    super(
      `the work was done, but its answer is above the server's max_payload${limit}: return less, or raise it`,
      options,
    )
  }
}

/** The worker stopped before the handler was done: what its signal fires with, and a 500 for the requester. */
export class WorkerStopped extends PoolError {
  override readonly name = "WorkerStopped"
  override readonly code = "worker-stopped"
  readonly status = 500
  constructor() {
    super("the worker stopped before the answer: the request may or may not have been done")
  }
}

/** The thread of the handler ended before its answer, by an error outside of the handler: a 500 for the requester. */
export class ThreadEnded extends PoolError {
  override readonly name = "ThreadEnded"
  override readonly code = "thread-ended"
  readonly status = 500
  constructor(reason: string, options?: ErrorOptions) {
    super(
      `the thread ended before the answer (${reason}): the request may or may not have been done`,
      options,
    )
  }
}
