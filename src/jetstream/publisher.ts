/**
 * Stores messages in streams: what the client library's `publish` does, at half of what that costs, for it makes a timer, four
 * promises and an error for each. See ReplyInbox.
 */
import { JetStreamApiError } from "@nats-io/jetstream"
import type { MsgHdrs, NatsConnection } from "nats"
import { followConnection } from "../contracts/connection-watch.js"
import { withHeader } from "../encoding/headers.js"
import { objectIn } from "../encoding/json.js"
import { ReplyInbox } from "../inbox/reply-inbox.js"
import { systemClock } from "../time/system-clock.js"

const ID = "Nats-Msg-Id"
const OVER = "Nats-Expected-Last-Subject-Sequence"

/** A message, and what the server is to see to. */
export interface Publication {
  readonly subject: string
  readonly data: Uint8Array
  /** Of the message alone; what is said below is added to them. */
  readonly headers: MsgHdrs
  /** By which the stream takes it once. */
  readonly id?: string | undefined
  /** To be stored only over this place of its subject, or of the subjects that `of` matches; 0 if there is nothing. */
  readonly over?: number | { readonly place: number; readonly of: string } | undefined
  /** To be stored under `target` at this time, in ms since 1970. */
  readonly schedule?: { readonly atMs: number; readonly target: string } | undefined
  /** Vanishes after so many ms, in whole seconds. */
  readonly ttlMs?: number | undefined
  readonly timeoutMs: number
}

export class Publisher {
  readonly #inbox: ReplyInbox

  constructor(connection: NatsConnection) {
    this.#inbox = new ReplyInbox(connection, systemClock, () => {})
    const nothing = () => {}
    followConnection(connection, nothing, nothing, (error) => this.#inbox.refused(error))
  }

  /**
   * Resolves with the message's place in its stream. Throws what the server says, and what the connection throws: after a
   * TimeoutError it may be stored, or not; after a NoRespondersError there is no stream for it.
   */
  async publish(publication: Publication): Promise<{ readonly seq: number }> {
    const { subject, data, timeoutMs } = publication
    return placeIn(await this.#inbox.request(subject, data, timeoutMs, headersOf(publication)))
  }
}

function headersOf({ headers, id, over, schedule, ttlMs }: Publication): MsgHdrs {
  const isBare = headers.keys().length === 0
  if (isBare && id && over === undefined && !schedule && !ttlMs) {
    return withHeader(undefined, ID, id)
  }
  if (id) headers.set(ID, id)
  if (over !== undefined) {
    const { place, of = undefined } = typeof over === "number" ? { place: over } : over
    headers.set(OVER, String(place))
    if (of !== undefined) headers.set(`${OVER}-Subject`, of)
  }
  if (schedule) {
    headers.set("Nats-Schedule", `@at ${new Date(schedule.atMs).toISOString()}`)
    headers.set("Nats-Schedule-Target", schedule.target)
  }
  if (ttlMs) headers.set("Nats-TTL", `${Math.max(1, Math.ceil(ttlMs / 1000))}s`)
  return headers
}

function placeIn({ data }: { readonly data: Uint8Array }): { readonly seq: number } {
  const { error, stream, seq } = objectIn(data)
  if (error) {
    throw new JetStreamApiError(error as ConstructorParameters<typeof JetStreamApiError>[0])
  }
  if (!stream || typeof seq !== "number") throw new SyntaxError("the answer is none of a stream")
  return { seq }
}
