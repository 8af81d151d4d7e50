/**
 * Since when a message can have been on its way here, unread. A process that was frozen reads what came meanwhile when it
 * wakes, a network that stood still hands over what it held, and both would pass for new. The server answers a ping after all
 * that it had sent us before: what is read after the answer was handed out after the ping was sent.
 */
import type { Cancel, Clock, Instant } from "../../time/clock.js"

/** How often it is asked, as a share of the shortest lease that counts on it. */
const BEATS = 1 / 10

export class Pulse {
  readonly #clock: Clock
  readonly #ping: () => Promise<unknown>
  #since: Instant
  #beatMs = Number.POSITIVE_INFINITY
  #cancel: Cancel | undefined
  #isStopped = false

  /** `ping` resolves with the answer, and rejects if none will come. */
  constructor(clock: Clock, ping: () => Promise<unknown>) {
    this.#clock = clock
    this.#ping = ping
    this.#since = clock.now()
  }

  /** What is read now was handed out after this instant. */
  get since(): Instant {
    return this.#since
  }

  /** Is asked as often as leases of so many ms need it. */
  keepUpWith(leaseMs: number): void {
    this.#beatMs = Math.min(this.#beatMs, leaseMs * BEATS)
    if (!this.#cancel) this.#beat()
  }

  stop(): void {
    this.#isStopped = true
    this.#cancel?.()
  }

  #beat(): void {
    const sent = this.#clock.now()
    const again = () => {
      if (!this.#isStopped) this.#cancel = this.#clock.after(this.#beatMs, () => this.#beat())
    }
    // Under way: not to be begun a second time.
    this.#cancel = () => {}
    this.#ping().then(() => {
      this.#since = sent
      again()
    }, again)
  }
}
