/** What users hand over to be sent, as a payload. */
import { reasonOf } from "../errors/errors.js"
import { losslessJson } from "./lossless-json.js"

/** Who hands it over, by the word that names it in an error. */
const HANDED_OVER = { answer: "what the handler returned", payload: "the payload" }

/**
 * `value` as it is sent: text as it is, a copy of bytes, nothing as nothing, all else as JSON. A copy, for a connection
 * sends later what it was given, and whoever gave it may fill the same buffer anew by then. Throws a TypeError that names
 * the reason, and the way to it, if JSON can't hold it without loss.
 *
 * Small bytes come to stand in memory that they share with others, as Node's buffers do: memory of its own for each is
 * most of what they cost.
 */
export function payloadOf(value: unknown, what: keyof typeof HANDED_OVER): Uint8Array | string {
  if (typeof value === "string") return value
  if (value === undefined) return ""
  try {
    return bytesIn(value) ?? losslessJson(value, what)
  } catch (error) {
    throw new TypeError(`${HANDED_OVER[what]} is nothing that JSON can hold: ${reasonOf(error)}`)
  }
}

/** How many bytes `payload` takes. */
export function bytesOf(payload: Uint8Array | string): number {
  return typeof payload === "string" ? Buffer.byteLength(payload) : payload.length
}

/** Whether `payload` takes more than `maxBytes`. Counts only what comes near. */
export function isLarger(payload: Uint8Array | string, maxBytes: number): boolean {
  // UTF-8 takes at most 3 bytes for each UTF-16 unit.
  const atMost = typeof payload === "string" ? payload.length * 3 : payload.length
  return atMost > maxBytes && bytesOf(payload) > maxBytes
}

/** A copy of the bytes that `value` is, or looks at; undefined if it is something else. */
function bytesIn(value: unknown): Uint8Array | undefined {
  if (typeof value !== "object" || value === null) return undefined
  if (ArrayBuffer.isView(value)) {
    return Buffer.from(new Uint8Array(value.buffer, value.byteOffset, value.byteLength))
  }
  return isBuffer(value) ? Buffer.from(new Uint8Array(value)) : undefined
}

/** By its name, for one of another realm (a test runner's, a `vm` context's) is an instance of a class not known here. */
function isBuffer(value: object): value is ArrayBufferLike {
  if (Object.getPrototypeOf(value) === Object.prototype) return false
  return /^\[object (Shared)?ArrayBuffer\]$/.test(Object.prototype.toString.call(value))
}
