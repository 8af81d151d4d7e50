/**
 * Requests through PoolClient while leaders change: those marked idempotent, and others, one after another all the
 * time; and how each of them ended.
 */
import { setTimeout as later } from "node:timers/promises"
import type { NatsConnection } from "nats"
import { PoolClient } from "../../dist/client/client.js"
import { type Limit, type Row, rowOf } from "../rows.js"

const PAUSE_MS = 2
/** What is not answered by then was forgotten. */
const TIMEOUT_MS = 10_000

export interface Counts {
  idempotent: number
  idempotentAnswered: number
  others: number
  othersAnswered: number
  /** Failed with an error that says that they may or may not have been done. */
  unknown: number
  /** Neither answered nor told. */
  timeouts: number
  /** Answered under a lower term than one before. */
  ofThePast: number
}

export class Requests {
  readonly #client: PoolClient
  readonly #counts: Counts = {
    idempotent: 0,
    idempotentAnswered: 0,
    others: 0,
    othersAnswered: 0,
    unknown: 0,
    timeouts: 0,
    ofThePast: 0,
  }
  #isStopped = false
  #term = 0
  #loops: Promise<void>[] = []

  constructor(connection: NatsConnection, pool: string) {
    this.#client = new PoolClient({ bus: connection, pool })
  }

  start(): void {
    this.#loops = [this.#loop(true), this.#loop(false)]
  }

  /** Resolves when all have ended. */
  async stop(): Promise<Counts> {
    this.#isStopped = true
    await Promise.all(this.#loops)
    await this.#client.close()
    return this.#counts
  }

  async #loop(idempotent: boolean): Promise<void> {
    const counts = this.#counts
    while (!this.#isStopped) {
      counts[idempotent ? "idempotent" : "others"] += 1
      try {
        const { term = 0 } = await this.#client.leaderWork("", {
          idempotent,
          timeoutMs: TIMEOUT_MS,
        })
        counts[idempotent ? "idempotentAnswered" : "othersAnswered"] += 1
        if (term < this.#term) counts.ofThePast += 1
        this.#term = Math.max(this.#term, term)
      } catch (error) {
        const { code } = error as { code?: string }
        if (code === "leader-changed") counts.unknown += 1
        if (code === "timeout") counts.timeouts += 1
      }
      await later(PAUSE_MS)
    }
  }
}

/** The rows of how the requests ended. */
export function rowsOfCounts(during: string, counts: Counts): Row[] {
  const asked = counts.idempotent + counts.others
  const none: Limit = { of: "figures", figure: "max", atMost: 0 }
  const unanswered = counts.idempotent - counts.idempotentAnswered
  const row = (what: string, count: number, limit?: Limit) =>
    rowOf({
      what: `${during}: ${what}`,
      ...{ unit: `of ${asked}`, samples: [count] },
      ...(limit && { limit }),
    })
  return [
    row("idempotent, not answered", unanswered, none),
    row("others, told that it is unknown", counts.unknown),
    row("timeouts", counts.timeouts, none),
    row("answers of the past", counts.ofThePast, none),
  ]
}
