/**
 * A request as the user's handler sees it. It promises that `signal` fires when nobody waits for the answer
 * from this member any more; code that ignores it keeps running, and what it returns is dropped.
 */
import type { MsgHdrs } from "nats"
import type { MemberLabel } from "../protocol/member.js"

/**
 * One request to be answered.
 *
 * @example
 * export async function work(job) {
 *   const { from, to } = job.json()
 *   return await convert(from, to, { signal: job.signal })
 * }
 */
export interface Job {
  /** The payload as it came. */
  readonly data: Uint8Array
  /** The subject it was sent to, e.g. `work`. */
  readonly subject: string
  /**
   * The headers of the request; undefined if it has none. A `traceparent` and `tracestate` (W3C Trace Context) are on
   * the answer too.
   */
  readonly headers: MsgHdrs | undefined
  /**
   * Fires when the handler took too long, when the worker is stopped without waiting for it, and for tracked
   * work when the reign ends. Its `reason` is an Error that says which. For tracked work it is computed as the signal of
   * the reign is (see Leadership.signal): look at it before each act.
   */
  readonly signal: AbortSignal
  /** Who handles it. */
  readonly member: MemberLabel
  /** The payload as text (UTF-8). */
  text(): string
  /** The payload as JSON. Throws BadRequest, which the requester sees as a 400, if it is none. */
  json<T = unknown>(): T
}
