/** What users hand over to be sent, as a payload. */
import { reasonOf } from "../errors/errors.js"
import { losslessJson } from "./lossless-json.js"

/** Who hands it over, by the word that names it in an error. */
const HANDED_OVER = { answer: "what the handler returned", payload: "the payload" }

const NOTHING = new Uint8Array(0)

/**
 * `value` as it is sent: text as UTF-8, a copy of bytes, nothing as nothing, all else as JSON. A copy, for a connection
 * sends later what it was given, and whoever gave it may fill the same buffer anew by then. Throws a TypeError that names
 * the reason, and the way to it, if JSON can't hold it without loss.
 *
 * Small payloads come to stand in memory that they share with others, as Node's buffers do: memory of its own for each,
 * which the client library would get for a text, is most of what they cost.
 */
export function payloadOf(value: unknown, what: keyof typeof HANDED_OVER): Uint8Array {
  if (value === undefined) return NOTHING
  if (typeof value === "string") return Buffer.from(value)
  try {
    return bytesIn(value) ?? Buffer.from(losslessJson(value, what))
  } catch (error) {
    throw new TypeError(`${HANDED_OVER[what]} is nothing that JSON can hold: ${reasonOf(error)}`)
  }
}

/** A copy of the bytes that `value` is, or looks at; undefined if it is something else. */
function bytesIn(value: unknown): Uint8Array | undefined {
  if (typeof value !== "object" || value === null) return undefined
  if (value instanceof Uint8Array) return copyOf(value)
  if (ArrayBuffer.isView(value)) {
    return copyOf(new Uint8Array(value.buffer, value.byteOffset, value.byteLength))
  }
  return isBuffer(value) ? copyOf(new Uint8Array(value)) : undefined
}

function copyOf(bytes: Uint8Array): Uint8Array {
  const copy = Buffer.allocUnsafe(bytes.length)
  copy.set(bytes)
  return copy
}

/** By its name, for one of another realm (a test runner's, a `vm` context's) is an instance of a class not known here. */
function isBuffer(value: object): value is ArrayBufferLike {
  if (Object.getPrototypeOf(value) === Object.prototype) return false
  return /^\[object (Shared)?ArrayBuffer\]$/.test(Object.prototype.toString.call(value))
}
