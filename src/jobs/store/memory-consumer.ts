/**
 * Hands out the messages of one queue and priority inside one process: each to one of those who want some, in turn, and to
 * another when it was given back or its lease ran out. What came back goes first.
 */
import { isMatch } from "../../protocol/subject.js"
import type { Cancel, Clock } from "../../time/clock.js"
import type { StoredMessage } from "../contract/job-record.js"
import type { Delivery, SourceOptions } from "../contract/job-store.js"
import type { MemoryStream } from "./memory-stream.js"

/** One who wants jobs. */
export interface Taker {
  wanted: number
  /** Besides, if they are there now. */
  looked: number
  readonly heard: SourceOptions["heard"]
}

export interface MemoryConsumerOptions {
  readonly queue: string
  readonly filter: string
  readonly stream: MemoryStream
  readonly clock: Clock
  /** Something can be handed out that could not before. */
  readonly changed: () => void
}

export class MemoryConsumer {
  readonly queue: string
  readonly takers = new Set<Taker>()
  leaseMs: number
  limit = Number.POSITIVE_INFINITY
  readonly #options: MemoryConsumerOptions
  /** In the order in which they are handed out; some may be gone by then. */
  #ready: number[]
  #pause: { readonly untilMs: number; readonly cancel: Cancel } | undefined
  /** What was handed out and is not settled, each with what ends its lease. */
  readonly #pending = new Map<number, Cancel>()
  /** What of that was given back, and nobody is to have before a while. */
  readonly #resting = new Set<number>()
  readonly #deliveries = new Map<number, number>()
  #handedOut = 0

  constructor(options: MemoryConsumerOptions, leaseMs: number) {
    this.#options = options
    this.queue = options.queue
    this.leaseMs = leaseMs
    this.#ready = options.stream.matching(options.filter).map(({ seq }) => seq)
  }

  get running(): number {
    return this.#pending.size
  }

  isRunning(seq: number): boolean {
    return this.#pending.has(seq)
  }

  /** How often something was handed out and came to an end. */
  get ended(): number {
    return this.#handedOut - this.#pending.size
  }

  get isPaused(): boolean {
    return (this.pausedUntilMs ?? 0) > this.#options.clock.now().wallMs
  }

  get pausedUntilMs(): number | undefined {
    return this.#pause?.untilMs
  }

  /** Hands out nothing until this time, in ms since 1970. */
  pause(untilMs: number): void {
    const { clock, changed } = this.#options
    this.#pause?.cancel()
    const leftMs = untilMs - clock.now().wallMs
    this.#pause = leftMs > 0 ? { untilMs, cancel: clock.after(leftMs, changed) } : undefined
  }

  /** Whether anything runs, or waits for somebody who could take it. */
  get isBusy(): boolean {
    if (this.#pending.size > this.#resting.size) return true
    if (this.takers.size === 0 || this.isPaused) return false
    return this.#ready.some((seq) => this.#options.stream.messages.has(seq))
  }

  stored({ subject, seq }: StoredMessage): void {
    if (isMatch(this.#options.filter, subject)) this.#ready.push(seq)
  }

  /** Hands out what can be. */
  handOut(): void {
    if (this.isPaused) return
    while (this.#ready.length > 0 && this.#pending.size < this.limit) {
      const taker = [...this.takers].find(({ wanted, looked }) => wanted + looked > 0)
      if (!taker) return
      const message = this.#options.stream.messages.get(this.#ready.shift() as number)
      if (!message) continue
      if (taker.looked > 0) taker.looked -= 1
      else taker.wanted -= 1
      // The next one is another's turn.
      this.takers.delete(taker)
      this.takers.add(taker)
      taker.heard(this.#lent(message))
    }
  }

  /** Of what is pending: it is done with. Says whether it was. */
  done(seq: number): boolean {
    this.#deliveries.delete(seq)
    return this.#end(seq)
  }

  /** Of what is pending: another may have it. */
  back(seq: number): void {
    if (!this.#end(seq)) return
    this.#ready.unshift(seq)
    this.#options.changed()
  }

  /** Of what is pending: another may have it in so many ms, and until then nobody works at it. */
  rest(seq: number, ms: number): void {
    if (!this.#pending.has(seq)) return
    this.lend(seq, ms)
    this.#resting.add(seq)
  }

  /** Of what is pending: it is its worker's for so many ms more. */
  lend(seq: number, ms: number): void {
    if (!this.#pending.has(seq)) return
    this.#pending.get(seq)?.()
    this.#pending.set(
      seq,
      this.#options.clock.after(ms, () => this.back(seq)),
    )
  }

  #lent(message: StoredMessage): Delivery {
    const { seq } = message
    const { clock, filter } = this.#options
    const deliveries = (this.#deliveries.get(seq) ?? 0) + 1
    this.#deliveries.set(seq, deliveries)
    this.#handedOut += 1
    this.#pending.set(seq, () => {})
    this.lend(seq, this.leaseMs)
    // Others who have room get what is left in the same turn.
    const lent = { ticket: `${filter} ${seq}`, deliveries, pending: 0, after: clock.now() }
    return { ...message, ...lent }
  }

  #end(seq: number): boolean {
    this.#pending.get(seq)?.()
    this.#resting.delete(seq)
    return this.#pending.delete(seq)
  }
}
