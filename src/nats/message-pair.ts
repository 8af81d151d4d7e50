/**
 * Two messages that a stream stores together, or not at all: an atomic batch, sent as it stands in the protocol, for the
 * client's own says nothing of why one is refused. Takes one round trip.
 */
import { JetStreamApiError } from "@nats-io/jetstream"
import { type MsgHdrs, type NatsConnection, nuid } from "nats"
import { copyHeaders } from "../encoding/headers.js"
import { objectIn } from "../encoding/json.js"

export interface Message {
  readonly subject: string
  readonly data: Uint8Array
  readonly headers: MsgHdrs
}

/**
 * Stores `first`, over the last message of its subject, which is at `lastAt`, and `second`; resolves with the place of the first. Throws what the
 * server says; what it says nothing to may be stored, or not.
 */
export async function storePair(
  connection: NatsConnection,
  first: Message & { readonly lastAt: number },
  second: Message,
  timeout: number,
): Promise<{ readonly seq: number }> {
  const batch = nuid.next()
  const before = headersIn(batch, 1, first.headers)
  before.set("Nats-Expected-Last-Subject-Sequence", String(first.lastAt))
  const last = headersIn(batch, 2, second.headers)
  last.set("Nats-Batch-Commit", "1")
  connection.publish(first.subject, first.data, { headers: before })
  const answer = await connection.request(second.subject, second.data, { headers: last, timeout })
  const { error, seq } = objectIn(answer.data)
  if (error)
    throw new JetStreamApiError(error as ConstructorParameters<typeof JetStreamApiError>[0])
  return { seq: Number(seq) - 1 }
}

function headersIn(batch: string, place: number, from: MsgHdrs): MsgHdrs {
  const hdrs = copyHeaders(from)
  hdrs.set("Nats-Batch-Id", batch)
  hdrs.set("Nats-Batch-Sequence", String(place))
  return hdrs
}
