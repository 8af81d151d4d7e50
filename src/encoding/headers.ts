/** Headers of one message for another one, and those that a program gives. */
import { headers, type MsgHdrs, MsgHdrsImpl } from "nats"
import { BadInput, reasonOf } from "../errors/errors.js"

/** Headers as a program has them: those of NATS, those of the web (`Headers`), or texts by name. */
type GivenHeaders = MsgHdrs | Headers | Readonly<Record<string, string | undefined>>

/** A copy of `given`, for it may be changed while it is on its way. Throws BadInput for what NATS can't send. */
export function headersOf(given: GivenHeaders): MsgHdrs {
  try {
    const hdrs = headers()
    for (const [name, values] of isIterable(given) ? given : Object.entries(given)) {
      if (name === "") throw new Error("a name is empty")
      for (const value of [values ?? []].flat()) hdrs.append(name, value)
    }
    return hdrs
  } catch (error) {
    throw new BadInput("headers", "names and values that NATS can send", reasonOf(error), {
      cause: error,
    })
  }
}

function isIterable(
  given: GivenHeaders,
): given is Exclude<GivenHeaders, Readonly<Record<string, string | undefined>>> {
  return Symbol.iterator in given
}

/** How long headers are on the wire, in bytes. */
export function lengthOf(headers: MsgHdrs): number {
  return Buffer.byteLength(String(headers))
}

/** Adds what `from` has to `to` (default: new headers), with all values, in the letters in which the names came. */
export function copyHeaders(
  from: Iterable<readonly [string, readonly string[]]>,
  to: MsgHdrs = headers(),
): MsgHdrs {
  for (const [name, values] of from) for (const value of values) to.append(name, value)
  return to
}

/**
 * A copy of `given`, if there are any, in which `name` is `value`. Both are our own words: where there are no others nothing
 * is checked, and little is made, for a request may go with nothing but them.
 */
export function withHeader(given: MsgHdrs | undefined, name: string, value: string): MsgHdrs {
  if (given === undefined) return new OneHeader(name, value)
  const hdrs = copyHeaders(given)
  hdrs.set(name, value)
  return hdrs
}

class OneHeader extends MsgHdrsImpl {
  constructor(name: string, value: string) {
    super()
    this.headers.set(name, [value])
  }

  /** In memory that small things share: memory of its own costs more than all the rest. */
  override encode(): Uint8Array {
    return Buffer.from(this.toString())
  }
}
