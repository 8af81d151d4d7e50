/** JSON as bytes, and back, for entries and announcements. */

const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** `value` as the bytes of its JSON. */
export function toBytes(value: unknown): Uint8Array {
  return encoder.encode(JSON.stringify(value))
}

/** The object in `bytes`; throws SyntaxError if it is not JSON, or not an object. */
export function objectIn(bytes: Uint8Array): Record<string, unknown> {
  const value: unknown = JSON.parse(decoder.decode(bytes))
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>
  }
  throw new SyntaxError("not a JSON object")
}
