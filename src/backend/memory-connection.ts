/** One participant of a MemoryBus. */
import {
  ClosedConnectionError,
  headers,
  type MsgHdrs,
  NoRespondersError,
  RequestError,
  TimeoutError,
} from "nats"
import type { Bus, BusMessage, BusSubscription } from "../contracts/bus.js"
import { PayloadTooLarge } from "../errors/errors.js"
import type { Listener, Parcel, Router } from "./parcel.js"

type Payload = Uint8Array | string
type Callback = (error: Error | null, message: BusMessage) => void

const DEFAULT_REQUEST_MS = 1000
const encoder = new TextEncoder()

export class MemoryConnection implements Bus {
  readonly name: string
  readonly #bus: Router
  readonly #subscriptions = new Set<MemorySubscription>()
  readonly #giveUp = new Set<(error: Error) => void>()
  #requests = 0
  #isClosed = false

  /** @internal See MemoryBus.connect. */
  constructor(bus: Router, name: string) {
    this.#bus = bus
    this.name = name
  }

  publish(
    subject: string,
    payload: Payload = "",
    options: { headers?: MsgHdrs; reply?: string } = {},
  ): void {
    const isHeard = this.#send(subject, payload, options)
    // As from a server.
    if (!isHeard && options.reply !== undefined) this.#bus.route(this.name, nobody(options.reply))
  }

  subscribe(subject: string, options: { queue?: string; callback: Callback }): BusSubscription {
    this.#refuseClosed()
    const ended = () => {
      this.#subscriptions.delete(subscription)
    }
    const subscription = new MemorySubscription(this.#bus, this, subject, options, ended)
    this.#subscriptions.add(subscription)
    return subscription
  }

  request(
    subject: string,
    payload: Payload = "",
    options: { timeout: number; headers?: MsgHdrs } = { timeout: DEFAULT_REQUEST_MS },
  ): Promise<BusMessage> {
    return new Promise((resolve, reject) => {
      const reply = `_INBOX.${this.name}.${++this.#requests}`
      const settle = (how: () => void) => {
        cancel()
        inbox.unsubscribe()
        this.#giveUp.delete(fail)
        how()
      }
      const fail = (error: Error) => settle(() => reject(error))
      const inbox = this.subscribe(reply, {
        callback: (_, message) => settle(() => resolve(message)),
      })
      const cancel = this.#bus.clock.after(options.timeout, () => fail(new TimeoutError()))
      this.#giveUp.add(fail)
      try {
        const { headers } = options
        const isHeard = this.#send(subject, payload, { reply, ...(headers && { headers }) })
        // As from a server: it takes a round trip to learn that nobody listens.
        if (!isHeard) queueMicrotask(() => fail(requestError(new NoRespondersError(subject))))
      } catch (error) {
        fail(error as Error)
      }
    })
  }

  async flush(): Promise<void> {
    this.#refuseClosed()
    await null
  }

  /** Ends its subscriptions, and its requests with an error. */
  async close(): Promise<void> {
    this.#isClosed = true
    for (const subscription of this.#subscriptions) subscription.unsubscribe()
    for (const giveUp of this.#giveUp) giveUp(requestError(new ClosedConnectionError()))
  }

  #send(
    subject: string,
    payload: Payload,
    { headers, reply }: { headers?: MsgHdrs; reply?: string },
  ): boolean {
    this.#refuseClosed()
    const data = typeof payload === "string" ? encoder.encode(payload) : payload
    const { maxPayload } = this.#bus
    if (data.length > maxPayload) throw new PayloadTooLarge(data.length, maxPayload)
    const parcel = { subject, data, ...(headers && { headers }), ...(reply && { reply }) }
    return this.#bus.route(this.name, parcel)
  }

  #refuseClosed(): void {
    if (this.#isClosed) throw new ClosedConnectionError()
  }
}

class MemorySubscription implements BusSubscription, Listener {
  readonly subject: string
  readonly queue: string | undefined
  readonly #bus: Router
  readonly #connection: MemoryConnection
  readonly #callback: Callback
  readonly #onEnd: () => void
  #underWay = 0
  #isOpen = true
  #drained: (() => void) | undefined
  readonly closed: Promise<void>
  #closed = () => {}
  #draining: Promise<void> | undefined

  constructor(
    bus: Router,
    connection: MemoryConnection,
    subject: string,
    { queue, callback }: { queue?: string; callback: Callback },
    onEnd: () => void,
  ) {
    this.#bus = bus
    this.#connection = connection
    this.subject = subject
    this.queue = queue
    this.#callback = callback
    this.#onEnd = onEnd
    this.closed = new Promise((resolve) => {
      this.#closed = resolve
    })
    bus.add(this)
  }

  get owner(): string {
    return this.#connection.name
  }

  hear(parcel: Parcel): void {
    if (!this.#isOpen) return
    const { reply } = parcel
    const respond: BusMessage["respond"] = (payload = "", options = {}) => {
      if (reply === undefined) return false
      this.#connection.publish(reply, payload, options)
      return true
    }
    try {
      this.#callback(null, { ...parcel, respond })
    } finally {
      if (this.#underWay === 0) this.#drained?.()
    }
  }

  underWay(change: 1 | -1): void {
    this.#underWay += change
  }

  unsubscribe(): void {
    this.#bus.remove(this)
    this.#isOpen = false
    this.#drained?.()
    this.#onEnd()
    this.#closed()
  }

  drain(): Promise<void> {
    this.#draining ??= this.#drain()
    return this.#draining
  }

  async #drain(): Promise<void> {
    this.#bus.remove(this)
    if (this.#underWay > 0) {
      await new Promise<void>((resolve) => {
        this.#drained = resolve
      })
    }
    this.unsubscribe()
  }
}

function nobody(reply: string): Parcel {
  return { subject: reply, data: new Uint8Array(), headers: headers(503, "No Responders") }
}

function requestError(cause: Error): RequestError {
  return new RequestError(cause.message, { cause })
}
