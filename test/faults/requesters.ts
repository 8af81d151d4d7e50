/**
 * Those who ask a pool for tracked work while it is harmed: several at once, each with its next request as soon as it
 * has the answer to the last, half of them with requests that may be done twice. Each keeps its part of the history.
 */
import { setTimeout as later } from "node:timers/promises"
import type { NatsConnection } from "nats"
import { PoolClient } from "../../src/client.js"
import type { History } from "./history.js"

/** So long that what ends by it has been forgotten, not answered late. */
const TIMEOUT_MS = 20_000
const PAUSE_MS = 2

export interface RequestersOptions {
  readonly history: History
  readonly connection: NatsConnection
  readonly pool: string
  /** How many of each kind. */
  readonly each?: number
}

export class Requesters {
  readonly #options: RequestersOptions
  readonly #client: PoolClient
  readonly #loops: Promise<void>[] = []
  #isStopped = false
  #asked = 0

  constructor(options: RequestersOptions) {
    this.#options = options
    const { connection, pool, each = 2 } = options
    this.#client = new PoolClient({ bus: connection, pool })
    for (let n = 1; n <= each; n += 1) {
      this.#loops.push(this.#loop(`i${n}`, true), this.#loop(`o${n}`, false))
    }
  }

  /** Asks once, beside what is asked all the time. Resolves when it has ended, in whatever way. */
  async ask(who: string, idempotent: boolean, more: object = {}): Promise<void> {
    const { history } = this.#options
    this.#asked += 1
    const request = `${who}-${this.#asked}`
    history.write({ who, what: "asked", request, idempotent })
    try {
      const options = { idempotent, timeoutMs: TIMEOUT_MS }
      const answer = await this.#client.leaderWork({ request, ...more }, options)
      const { worker: by, term = 0 } = answer
      history.write({ who, what: "answered", request, term, by })
    } catch (error) {
      const { code = "none", message } = error as Error & { code?: string }
      history.write({ who, what: "failed", request, code, message })
    }
  }

  /** Asks no more; resolves when everything that was asked has ended. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await Promise.all(this.#loops)
    await this.#client.close()
  }

  async #loop(who: string, idempotent: boolean): Promise<void> {
    while (!this.#isStopped) {
      await this.ask(who, idempotent)
      await later(PAUSE_MS)
    }
  }
}
