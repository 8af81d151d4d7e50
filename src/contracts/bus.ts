/**
 * The part of a NATS connection that a pool uses. A connection fits as it is, so nothing stands between a
 * request and its handler; `memory-bus.ts` is the same inside one process.
 */
import type { MsgHdrs } from "nats"

/** A message that arrived. */
export interface BusMessage {
  readonly subject: string
  readonly data: Uint8Array
  readonly headers?: MsgHdrs
  readonly reply?: string
  /** Answers; false if nobody asked for an answer. */
  respond(payload?: Uint8Array | string, options?: { headers?: MsgHdrs }): boolean
}

/** What was subscribed to, as long as it lasts. */
export interface BusSubscription {
  /** Takes no more from now on. */
  unsubscribe(): void
  /** Takes no more, and resolves once what had arrived was handed to the callback. */
  drain(): Promise<void>
  /** Resolves when it has ended: it was unsubscribed, drained or refused, or its connection was closed. */
  readonly closed?: Promise<unknown>
}

/** Messages between members of a pool. */
export interface Bus {
  /** Sends a message to whoever listens. With `reply`, and nobody who does, there comes a message of status 503. */
  publish(
    subject: string,
    payload?: Uint8Array | string,
    options?: { headers?: MsgHdrs; reply?: string },
  ): void
  /** Listens to `subject`, in a queue group if one is named. What the callback throws may cost the connection; see `listen`. */
  subscribe(
    subject: string,
    options: { queue?: string; callback: (error: Error | null, message: BusMessage) => void },
  ): BusSubscription
  /** Sends a message, and resolves with the first answer. Rejects if nobody listens, or after `timeout` ms. */
  request(
    subject: string,
    payload?: Uint8Array | string,
    options?: { timeout: number; headers?: MsgHdrs },
  ): Promise<BusMessage>
  /** Resolves when the server has handled everything sent before. */
  flush(): Promise<void>
  /**
   * Says `disconnect` when the connection was lost, `reconnecting` with each try, and `reconnect` when it is back; `error`
   * for what the server refused. Not on a bus that can't lose it.
   */
  status?(): AsyncIterable<{ readonly type: string; readonly error?: unknown }>
  /** What the server said of itself; undefined while there is no connection. */
  readonly info?: object | undefined
  /** Whether it was closed, for good. */
  isClosed?(): boolean
  /** Whether it is about to be closed, and hears nothing new. */
  isDraining?(): boolean
}
