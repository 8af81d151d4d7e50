/** Asks for tracked work at a steady pace, and notes who answered when, and when who leads was last heard to renew. */
import type { NatsConnection } from "nats"

const ASK_EVERY_MS = 1

/** Something that can be waited for, again and again. */
export class Signal {
  #waiting: (() => void)[] = []
  fire(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
  wait(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }
}

interface Answered {
  readonly atMs: number
  readonly term: number
  readonly worker: string
}

/** From the last sign of one leader to the first answer of the next. */
export interface Gap {
  /** The term that ended. */
  readonly term: number
  /** Since its last answer, in ms. */
  readonly ms: number
  /** Since its last renewal was heard, in ms. */
  readonly sinceRenewalMs: number
}

export class Asker {
  readonly #connection: NatsConnection
  readonly #subject: string
  readonly #answered = new Signal()
  #timer: NodeJS.Timeout | undefined
  #askedMs = 0
  last: Answered | undefined
  #gap: Gap | undefined
  #renewed = { term: 0, atMs: 0 }
  #heirs = 0
  lost = 0

  constructor(connection: NatsConnection, pool: string) {
    this.#connection = connection
    this.#subject = `${pool}.leader`
    connection.subscribe(`${pool}.claim`, {
      callback: (_error, message) => {
        const claim = message.json<{ heirs: unknown[]; term?: number; revision: number }>()
        this.#heirs = claim.heirs.length
        const term = claim.term ?? claim.revision
        // The claim of a successor may be heard before its first answer.
        if (term === (this.last?.term ?? term)) this.#renewed = { term, atMs: performance.now() }
        this.#answered.fire()
      },
    })
  }

  /** Asks anew after each answer, and every millisecond while none comes. */
  start(): void {
    this.#ask()
    this.#timer = setInterval(() => {
      if (performance.now() - this.#askedMs >= ASK_EVERY_MS) this.#ask()
    }, ASK_EVERY_MS)
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  /** Resolves when somebody leads whose line has all the others in it. */
  async steady(workers: number): Promise<void> {
    while (!this.last || this.#heirs !== workers - 1) await this.#answered.wait()
    const { term } = this.last
    for (let answers = 0; answers < 20; answers += 1) await this.#answered.wait()
    if (this.last.term !== term) await this.steady(workers)
  }

  /** The gap between the last sign of a leader under `term` and the first answer under a later one. */
  async gapAfter(term: number): Promise<Gap> {
    while (this.#gap?.term !== term) await this.#answered.wait()
    return this.#gap
  }

  async #ask(): Promise<void> {
    this.#askedMs = performance.now()
    try {
      const message = await this.#connection.request(this.#subject, "", { timeout: 1000 })
      const term = Number(message.headers?.get("Pool-Term"))
      if (!term || message.headers?.get("Nats-Service-Error-Code")) return
      const atMs = performance.now()
      const worker = message.headers?.get("Pool-Worker") ?? ""
      const before = this.last
      if (before && before.term > term) return
      if (before && before.term < term) {
        const sinceRenewalMs = atMs - this.#renewed.atMs
        this.#gap = { term: before.term, ms: atMs - before.atMs, sinceRenewalMs }
      }
      this.last = { atMs, term, worker }
      this.#answered.fire()
      if (this.#timer) setImmediate(() => this.#ask())
    } catch (error) {
      if ((error as Error).name === "TimeoutError") this.lost += 1
    }
  }
}
