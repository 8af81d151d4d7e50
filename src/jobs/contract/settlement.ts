/** How a delivery is settled, and what is sent to its ticket for that, as JetStream reads it. */

/** Done with; to be handed out to another at once, or after so many ms. */
export type Settlement = "done" | "back" | { readonly backAfterMs: number }

const DONE = Buffer.from("+ACK")
const NANOS_IN_MS = 1e6

/** What is sent to a ticket to settle its delivery. */
export function settlementOf(how: Settlement): Uint8Array | string {
  if (how === "done") return DONE
  return how === "back"
    ? "-NAK"
    : `-NAK ${JSON.stringify({ delay: Math.ceil(how.backAfterMs) * NANOS_IN_MS })}`
}
