/** Messages of one process, over its link. Subscriptions come back with a new connection, as the client does it. */
import type { Bus, BusMessage, BusSubscription } from "../../src/contracts/bus.js"
import type { Link } from "./link.js"
import type { VirtualServer, VirtualSubscription } from "./virtual-server.js"

const encoder = new TextEncoder()

class NoResponders extends Error {
  override readonly name = "NoResponders"
}

export class VirtualBus implements Bus {
  readonly #link: Link
  readonly #server: VirtualServer
  /** Those that the server knows, or will: also one that is closed, until it hears of that. */
  readonly #subscriptions = new Set<VirtualSubscription>()
  readonly #flushing = new Set<(error: Error) => void>()
  /** Told of each message before it leaves. */
  onPublish: (subject: string) => void = () => {}

  constructor(link: Link, server: VirtualServer) {
    this.#link = link
    this.#server = server
  }

  publish(subject: string, payload: Uint8Array | string = ""): void {
    this.onPublish(subject)
    this.#link.tell(() => this.#server.publish(subject, bytes(payload)))
  }

  subscribe(
    subject: string,
    { callback }: { callback: (error: Error | null, message: BusMessage) => void },
  ): BusSubscription {
    const subscription = { link: this.#link, subject, callback, isOpen: true }
    this.#subscriptions.add(subscription)
    this.#link.up(() => {
      if (subscription.isOpen) this.#server.subscribe(subscription)
    })
    const unsubscribe = () => {
      if (!subscription.isOpen) return
      subscription.isOpen = false
      this.#link.up(() => this.#forget(subscription))
    }
    const drain = async () => {
      unsubscribe()
      await this.flush()
    }
    return { unsubscribe, drain }
  }

  request(
    subject: string,
    payload: Uint8Array | string = "",
    { timeout = 1000 }: { timeout?: number } = {},
  ): Promise<BusMessage> {
    this.onPublish(subject)
    return new Promise((resolve, reject) => {
      const cancel = this.#link.machine.after(timeout, () => reject(new Error("timeout")))
      const inbox = {
        link: this.#link,
        answered: (message: BusMessage) => {
          cancel()
          resolve(message)
        },
        unheard: () => {
          cancel()
          reject(new NoResponders("no responders"))
        },
      }
      this.#link.up(() => this.#server.publish(subject, bytes(payload), inbox), true)
    })
  }

  flush(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#flushing.add(reject)
      this.#link.up(() =>
        this.#link.down(() => {
          this.#flushing.delete(reject)
          resolve()
        }),
      )
    })
  }

  /** The connection is lost. */
  dropped(): void {
    this.#endFlushes()
    for (const subscription of this.#subscriptions) {
      if (subscription.isOpen) this.#server.unsubscribe(subscription)
      else this.#forget(subscription)
    }
  }

  /** A new connection stands. */
  reconnected(): void {
    this.#endFlushes()
    for (const subscription of this.#subscriptions) {
      this.#link.up(() => {
        if (subscription.isOpen) this.#server.subscribe(subscription)
      })
    }
  }

  #forget(subscription: VirtualSubscription): void {
    this.#subscriptions.delete(subscription)
    this.#server.unsubscribe(subscription)
  }

  #endFlushes(): void {
    for (const reject of this.#flushing)
      this.#link.machine.take(() => reject(new Error("disconnected")))
    this.#flushing.clear()
  }
}

function bytes(payload: Uint8Array | string): Uint8Array {
  return typeof payload === "string" ? encoder.encode(payload) : payload
}
