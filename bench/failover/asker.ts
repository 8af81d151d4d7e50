/**
 * Asks for tracked work at a steady pace, answered or not, and notes who answered when, and when who leads was last heard
 * to renew. The pace is one that leaves the machine idle for most of the time: whoever asks as fast as it goes measures
 * how its own load delays the rest.
 */
import type { NatsConnection } from "nats"
import { type Spans, Timeline } from "./timeline.js"

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

/** An answer, and who gave it. */
export interface Answered {
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
  /** What the time since its last answer is made of; undefined if nobody gave a word. */
  readonly spans?: Spans | undefined
}

export class Asker {
  readonly #connection: NatsConnection
  readonly #subject: string
  readonly #timeline: Timeline
  readonly #answered = new Signal()
  #timer: NodeJS.Timeout | undefined
  last: Answered | undefined
  #gap: Gap | undefined
  #renewed = { term: 0, atMs: 0 }
  #heirs = 0

  constructor(connection: NatsConnection, pool: string) {
    this.#connection = connection
    this.#subject = `${pool}.leader`
    this.#timeline = new Timeline(connection, pool)
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

  start(): void {
    this.#timer = setInterval(() => this.#ask(), ASK_EVERY_MS)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** Resolves with who leads when it is somebody whose line names `heirs` others. */
  async steady(heirs: number): Promise<Answered> {
    while (!this.last || this.#heirs !== heirs) await this.#answered.wait()
    const { term } = this.last
    for (let answers = 0; answers < 20; answers += 1) await this.#answered.wait()
    return this.last.term === term ? this.last : this.steady(heirs)
  }

  /** The gap between the last sign of a leader under `term` and the first answer under a later one. */
  async gapAfter(term: number): Promise<Gap> {
    while (this.#gap?.term !== term) await this.#answered.wait()
    return this.#gap
  }

  async #ask(): Promise<void> {
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
        const spans = this.#timeline.between(before.atMs, atMs)
        this.#gap = { term: before.term, ms: atMs - before.atMs, sinceRenewalMs, spans }
      }
      this.last = { atMs, term, worker }
      this.#answered.fire()
    } catch {
      // Lost with the old leader, or nobody listens: the next one asks again.
    }
  }
}
