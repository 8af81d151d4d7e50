/** What of the headers of a request or a job goes with its answer too, so that a trace holds together (W3C Trace Context). */
import type { MsgHdrs } from "nats"

/** Names with what they say; in the letters in which they came, for some libraries write and look for `Traceparent`. */
export type Traced = readonly (readonly [name: string, values: readonly string[]])[]

const TRACE_HEADERS = new Set(["traceparent", "tracestate"])

export function tracedIn(hdrs: MsgHdrs | undefined): Traced {
  return hdrs ? [...hdrs].filter(([name]) => TRACE_HEADERS.has(name.toLowerCase())) : []
}
