/** What passes between the participants of a MemoryBus: a message on its way, who hears it, and who routes it. */
import type { BusMessage } from "../contracts/bus.js"
import type { Clock } from "../time/clock.js"

/** A message on its way. */
export type Parcel = Omit<BusMessage, "respond">

/** One who listens. */
export interface Listener {
  readonly subject: string
  readonly queue: string | undefined
  readonly owner: string
  hear(parcel: Parcel): void
  /** One more message, or one less, is on its way. */
  underWay(change: 1 | -1): void
}

/** Knows who listens, and brings each message there. */
export interface Router {
  readonly clock: Clock
  /** In bytes, headers not counted. */
  readonly maxPayload: number
  add(listener: Listener): void
  remove(listener: Listener): void
  /** Sends `parcel` on its way; false if nobody listens. */
  route(from: string, parcel: Parcel): boolean
}
