/**
 * Whether the connection of a bus is up, by what it says of itself; it may be away already when one begins to follow it.
 * One that says nothing can't be lost. One that was closed never comes back: who waits for it goes on, and learns that from
 * the bus.
 *
 * A connection may outlive those who use it, and keeps whoever listens to it. So who follows it says when that is over.
 */
import type { Bus } from "./bus.js"
import { unawaited } from "./unawaited.js"

export interface ConnectionNews {
  readonly onLost: () => void
  /** Back, or closed. */
  readonly onBack: () => void
  /** The server refused something. */
  readonly onError?: (error: unknown) => void
}

export class ConnectionWatch {
  readonly #news: ConnectionNews
  readonly #unfollow: () => void
  #back: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined

  constructor(bus: Bus, news: ConnectionNews) {
    this.#news = news
    this.#unfollow = followConnection(
      bus,
      (isUp) => (isUp ? this.#isBack() : this.#isLost()),
      () => this.#isBack(),
      news.onError,
    )
  }

  /** Resolves when it is back; undefined while it is up. */
  get back(): Promise<void> | undefined {
    return this.#back?.promise
  }

  close(): void {
    this.#unfollow()
    this.#isBack()
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

/**
 * Tells `told` when the connection of `bus` is lost, at once if it is away already, and when it is back, `closed` when
 * it says no more, and `refused` what the server refuses. Returns what ends that; then nobody is told anything.
 */
export function followConnection(
  bus: Pick<Bus, "status" | "info" | "isClosed">,
  told: (isUp: boolean) => void,
  closed: () => void = () => {},
  refused: (error: unknown) => void = () => {},
): () => void {
  const statuses = bus.status?.()
  if (!statuses) return () => {}
  let isUp = true
  let isOver = false
  const tell = (isUpNow: boolean) => {
    if (isUp === isUpNow) return
    isUp = isUpNow
    told(isUp)
  }
  const follow = async () => {
    for await (const { type, error } of statuses) {
      if (isOver) return
      if (type === "error") refused(error)
      if (type === "disconnect" || type === "reconnecting") tell(false)
      if (type === "reconnect") tell(true)
    }
    if (!isOver) closed()
  }
  unawaited(follow())
  if (isDisconnected(bus)) tell(false)
  return () => {
    isOver = true
    const iterator = statuses as { stop?: () => void }
    iterator.stop?.()
  }
}

function isDisconnected(bus: Pick<Bus, "info" | "isClosed">): boolean {
  return "info" in bus && bus.info === undefined && !bus.isClosed?.()
}
