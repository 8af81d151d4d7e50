/**
 * A server that is to be stopped in peace goes into lame duck first: it lets nobody in any more, says so to all who are
 * connected, and closes their connections some time after. Who moves to another server before that loses nothing, for it
 * can choose a moment at which nothing is on its way.
 */
import type { NatsConnection, QueuedIterator, Status } from "nats"
import { unawaited } from "../contracts/unawaited.js"
import { addressesOf, connectBeside } from "./connection.js"

/** A connection that moves when its server goes. */
export class ServerMove {
  readonly #connection: NatsConnection
  /** The server that said that it goes, if it is still this one. */
  #leaving: string | undefined
  readonly #statuses: QueuedIterator<Status>
  #onBack: (() => void)[] = []

  /** Calls `told` when the server of `connection` goes, and another one is known. */
  constructor(connection: NatsConnection, told: () => void) {
    this.#connection = connection
    this.#statuses = connection.status() as QueuedIterator<Status>
    unawaited(this.#follow(told))
  }

  /** Whether it is still on the server that said that it goes. */
  get isDue(): boolean {
    return this.#leaving !== undefined
  }

  /** A second connection, to another server. Throws what connecting throws. */
  second(): Promise<NatsConnection> {
    return connectBeside(this.#connection)
  }

  /** Opens the connection anew on another server, if it has not been by now; resolves when it is back, or was closed. */
  async move(): Promise<void> {
    // What was sent is on its way before the connection is closed.
    await this.#connection.flush().catch(() => {})
    if (!this.isDue || this.#connection.isClosed() || this.#connection.isDraining()) return
    const back = new Promise<void>((resolve) => this.#onBack.push(resolve))
    await this.#connection.reconnect()
    await back
  }

  close(): void {
    this.#statuses.stop()
    this.#isBack()
  }

  async #follow(told: () => void): Promise<void> {
    for await (const status of this.#statuses) {
      if (status.type === "reconnect") this.#isBack()
      // It is said again with all else that such a server says.
      if (status.type !== "ldm" || this.isDue || !this.#knowsAnother) continue
      this.#leaving = status.server
      told()
    }
    this.#isBack()
  }

  get #knowsAnother(): boolean {
    const { connect_urls = [] } = this.#connection.info ?? {}
    return connect_urls.length > 0 || addressesOf(this.#connection).length > 1
  }

  #isBack(): void {
    this.#leaving = undefined
    for (const resolve of this.#onBack.splice(0)) resolve()
  }
}
