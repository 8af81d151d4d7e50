/** What users hand over to be sent, as a payload. */

/**
 * `value` as it is sent: text and bytes as they are, nothing as nothing, all else as JSON. Throws a TypeError
 * that begins with `what` and names the reason if JSON can't hold it.
 */
export function payloadOf(value: unknown, what: string): Uint8Array | string {
  if (typeof value === "string" || value instanceof Uint8Array) return value
  if (value === undefined) return ""
  let json: string | undefined
  try {
    json = JSON.stringify(value)
  } catch (error) {
    throw new TypeError(`${what} is nothing that JSON can hold: ${firstLine(error)}`)
  }
  if (json !== undefined) return json
  throw new TypeError(`${what} is a ${typeof value}, which JSON can't hold`)
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

/** V8 draws a picture of a circle; its first line says enough. */
function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n", 1)[0] as string
}
