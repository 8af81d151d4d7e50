/**
 * Those who ask a pool for tracked work while it is harmed: several at once, each with its next request as soon as it
 * has the answer to the last, half of them with requests that may be done twice. Each keeps its part of the history.
 */
import { setTimeout as later } from "node:timers/promises"
import { PoolClient } from "../../src/client/client.js"
import type { History } from "./history.js"
import { watchPulse } from "./pulse.js"

/** So long that what ends by it has been forgotten, not answered late. */
const TIMEOUT_MS = 20_000

/** How many of each kind, where nothing else is said. */
const DEFAULT_EACH = 2

export interface RequestersOptions {
  readonly history: History
  /** Of the servers. */
  readonly url: string
  readonly pool: string
  /** How many of each kind. Default 2. */
  readonly each?: number | undefined
  /** For how long the leader holds what they ask for, in ms. */
  readonly holdMs?: number | undefined
  /** How long each pauses at most between two requests, in ms. Default 2. */
  readonly pauseMs?: number | undefined
  /** How long a request may take, in ms. Default 20,000. */
  readonly timeoutMs?: number | undefined
}

export class Requesters {
  readonly #options: RequestersOptions
  readonly #clients: readonly PoolClient[]
  readonly #loops: Promise<void>[] = []
  readonly #stopPulse: () => void
  #isStopped = false
  #asked = 0

  /** Each with a connection of its own. What one has learned of who leads the others don't know. */
  static async start(options: RequestersOptions): Promise<Requesters> {
    const { url: servers, pool, each = DEFAULT_EACH } = options
    const clients = Array.from({ length: each }, () => PoolClient.connect({ servers, pool }))
    return new Requesters(options, await Promise.all(clients))
  }

  private constructor(options: RequestersOptions, clients: readonly PoolClient[]) {
    this.#options = options
    this.#clients = clients
    const { history } = options
    this.#stopPulse = watchPulse((still) => {
      history.write({ who: "clients", what: "stalled", ...still })
    })
    for (const [n, client] of clients.entries()) {
      this.#loops.push(this.#loop(client, `i${n + 1}`, true))
      this.#loops.push(this.#loop(client, `o${n + 1}`, false))
    }
  }

  /** Asks once, beside what is asked all the time. Resolves when it has ended, in whatever way. */
  async ask(who: string, idempotent: boolean, more: object = {}): Promise<void> {
    await this.#ask(this.#clients[0] as PoolClient, who, idempotent, more)
  }

  async #ask(client: PoolClient, who: string, idempotent: boolean, more: object): Promise<void> {
    const { history, timeoutMs = TIMEOUT_MS } = this.#options
    this.#asked += 1
    const request = `${who}-${this.#asked}`
    history.write({ who, what: "asked", request, idempotent })
    try {
      const options = { idempotent, timeoutMs }
      const answer = await client.leaderWork({ request, ...more }, options)
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
    await this.abandon()
  }

  /** The same at once: what was asked fails. Harmless after `stop`. */
  async abandon(): Promise<void> {
    this.#isStopped = true
    await Promise.all(this.#clients.map((client) => client.close()))
    this.#stopPulse()
  }

  async #loop(client: PoolClient, who: string, idempotent: boolean): Promise<void> {
    const { holdMs, pauseMs = 2 } = this.#options
    while (!this.#isStopped) {
      await this.#ask(client, who, idempotent, { holdMs })
      await later(pauseMs * Math.random())
    }
  }
}
