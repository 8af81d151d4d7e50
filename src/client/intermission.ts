/** A moment in which a client sends nothing: what is under way is answered before it, and what comes waits until it is over. */
import type { ConnectionWatch } from "../contracts/connection-watch.js"
import type { Clock } from "../time/clock.js"
import { within } from "../time/within.js"

export class Intermission {
  readonly #clock: Clock
  readonly #connection: ConnectionWatch
  #over: Promise<void> | undefined

  constructor(clock: Clock, connection: ConnectionWatch) {
    this.#clock = clock
    this.#connection = connection
  }

  /** What must be over before anything is sent: there is no connection, or this; undefined if nothing is in the way. */
  get obstacle(): Promise<void> | undefined {
    return this.#connection.back ?? this.#over
  }

  /** Does `act` once all is `answered`, for which it waits as long as `withinMs`. */
  async hold(answered: Promise<void>, withinMs: number, act: () => Promise<void>): Promise<void> {
    let resume = () => {}
    this.#over = new Promise((resolve) => {
      resume = resolve
    })
    try {
      await within(this.#clock, withinMs, answered).catch(() => {})
      await act()
    } finally {
      this.#over = undefined
      resume()
    }
  }
}
