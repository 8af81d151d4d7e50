/**
 * Tells the supervisor of this process which jobs it runs, so that they are given back when it dies. One word is under way at
 * a time: to a supervisor that is suspended they must not pile up, and what has ended by then need not be told.
 */
import type { Instant } from "../../time/clock.js"
import type { HeldJob, HeldWord, JobsWord, JobWitness } from "./job-witness.js"
import { machineNow } from "./machine-clock.js"

/** Sends a word; `sent` is called when it is in the channel. */
export type SendWord = (word: JobsWord, sent: () => void) => void

export class JobTeller implements JobWitness {
  readonly #send: SendWord
  readonly #now: () => Instant
  readonly #held = new Map<string, HeldWord>()
  readonly #over = new Set<string>()
  #waiting: (() => void)[] = []
  #isSending = false

  constructor(send: SendWord, now: () => Instant = machineNow) {
    this.#send = send
    this.#now = now
  }

  holds(jobs: readonly HeldJob[], over: readonly string[]): void {
    const { monoMs, wallMs } = this.#now()
    for (const ticket of over) this.#isOver(ticket)
    for (const { ticket, forMs, afterMs } of jobs) {
      const end = [monoMs + forMs, wallMs + forMs] as const
      this.#held.set(ticket, afterMs ? [ticket, ...end, afterMs] : [ticket, ...end])
    }
    this.#tell()
  }

  letsGo(tickets: readonly string[]): Promise<void> {
    return new Promise((told) => {
      for (const ticket of tickets) this.#isOver(ticket)
      this.#waiting.push(told)
      this.#tell()
    })
  }

  #isOver(ticket: string): void {
    this.#held.delete(ticket)
    this.#over.add(ticket)
  }

  #tell(): void {
    if (this.#isSending) return
    const held = [...this.#held.values()]
    const over = [...this.#over]
    const told = this.#waiting
    this.#held.clear()
    this.#over.clear()
    this.#waiting = []
    this.#isSending = true
    this.#send({ type: "jobs", held, over }, () => {
      this.#isSending = false
      for (const wake of told) wake()
      if (this.#held.size + this.#over.size + this.#waiting.length > 0) this.#tell()
    })
  }
}
