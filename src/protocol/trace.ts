/** What of the headers of a request or a job goes with its answer too, so that a trace holds together (W3C Trace Context). */
import type { MsgHdrs } from "nats"

/** Names with what they say; in the letters in which they came, for some libraries write and look for `Traceparent`. */
export type Traced = readonly (readonly [name: string, values: readonly string[]])[]

const TRACE_HEADERS = new Set(["traceparent", "tracestate"])
const NONE: Traced = []

export function tracedIn(hdrs: MsgHdrs | undefined): Traced {
  let traced = NONE
  // Most have none, and each request and job is looked at.
  for (const header of hdrs ?? []) {
    if (TRACE_HEADERS.has(header[0].toLowerCase())) traced = [...traced, header]
  }
  return traced
}
