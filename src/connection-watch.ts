/**
 * Whether the connection of a bus is up, by what it says of itself. One that says nothing can't be lost. One that was
 * closed never comes back: who waits for it goes on, and learns that from the bus.
 */
import type { Bus } from "./bus.js"

export interface ConnectionNews {
  readonly onLost: () => void
  /** Back, or closed. */
  readonly onBack: () => void
}

export class ConnectionWatch {
  readonly #news: ConnectionNews
  readonly #statuses: AsyncIterable<{ readonly type: string }> | undefined
  #back: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined

  constructor(bus: Bus, news: ConnectionNews) {
    this.#news = news
    this.#statuses = bus.status?.()
    this.#follow().finally(() => this.#isBack())
  }

  /** Resolves when it is back; undefined while it is up. */
  get back(): Promise<void> | undefined {
    return this.#back?.promise
  }

  close(): void {
    const statuses = this.#statuses as { stop?: () => void } | undefined
    statuses?.stop?.()
    this.#isBack()
  }

  async #follow(): Promise<void> {
    for await (const { type } of this.#statuses ?? []) {
      if (type === "disconnect") this.#isLost()
      if (type === "reconnect") this.#isBack()
    }
  }

  #isLost(): void {
    let resolve = () => {}
    const promise = new Promise<void>((settle) => {
      resolve = settle
    })
    this.#back ??= { promise, resolve }
    this.#news.onLost()
  }

  #isBack(): void {
    const back = this.#back
    if (!back) return
    this.#back = undefined
    back.resolve()
    this.#news.onBack()
  }
}
