/** Headers of one message for another one. */
import { headers, type MsgHdrs } from "nats"

/** Adds what `from` has to `to` (default: new headers), with all values, in the letters in which the names came. */
export function copyHeaders(
  from: Iterable<readonly [string, readonly string[]]>,
  to: MsgHdrs = headers(),
): MsgHdrs {
  for (const [name, values] of from) for (const value of values) to.append(name, value)
  return to
}

/** A copy of `given`, if there are any, in which `name` is `value`. */
export function withHeader(given: MsgHdrs | undefined, name: string, value: string): MsgHdrs {
  const hdrs = copyHeaders(given ?? [])
  hdrs.set(name, value)
  return hdrs
}
