/**
 * The subject by which a delivery is settled, as JetStream writes it; it says which message it is, and how often that was
 * handed out. Servers write it in two ways, the longer one with a domain and an account.
 */

export interface TicketParts {
  readonly stream: string
  readonly consumer: string
  readonly deliveries: number
  readonly seq: number
  /** When the message was stored, in ms since 1970. */
  readonly storedMs: number
  /** How many more were ready when it was handed out. */
  readonly pending: number
}

const NANOS_DIGITS = 6

/** What `ticket` says; undefined if it is none. */
export function ticketParts(ticket: string | undefined): TicketParts | undefined {
  if (!ticket?.startsWith("$JS.ACK.")) return undefined
  const tokens = ticket.split(".")
  const at = tokens.length > 9 ? 4 : 2
  const stream = tokens[at]
  const consumer = tokens[at + 1]
  const stored = tokens[at + 5]
  const pending = tokens[at + 6]
  if (!stream || !consumer || !stored || pending === undefined) return undefined
  return {
    stream,
    consumer,
    deliveries: Number(tokens[at + 2]),
    seq: Number(tokens[at + 3]),
    storedMs: Number(stored.slice(0, -NANOS_DIGITS)),
    pending: Number(pending),
  }
}
