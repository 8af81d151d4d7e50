/**
 * The `lead()` that a worker called last, over all its runs as a member. While one goes on no other begins: a worker whose
 * reign is over and whose `lead()` is still tidying up may not lead, whatever run it is in, until that has settled.
 *
 *   began     called; its reign holds
 *   outlast   its reign is over, and it has a time to settle
 *   lingers   that time is over: now others are told, for they count on this worker
 *
 * Code that ignores the signal of its reign keeps its worker from leading for good: nothing here can end it.
 */
import type { Cancel, Clock } from "../time/clock.js"

/** How often something is said of it at most, in ms. */
const SAY_EVERY_MS = 1_000

export interface LeadCallOptions {
  readonly clock: Clock
  /** Told when it begins to linger, and when it has settled; `isShown` if others are to hear of that. */
  readonly onChange: (isShown: boolean) => void
  readonly report: (problem: string) => void
}

interface Running {
  readonly term: number
  readonly settled: Promise<void>
  /** When its reign ended, on the monotonic clock. */
  overMs?: number
  lingers?: boolean
}

export class LeadCall {
  readonly #options: LeadCallOptions
  #running: Running | undefined
  /** What is to be said of it once it is time. */
  #unsaid: string | undefined
  #cancelSaying: Cancel | undefined
  #isClosed = false

  constructor(options: LeadCallOptions) {
    this.#options = options
  }

  /** Whether it has not settled yet. */
  get isRunning(): boolean {
    return this.#running !== undefined
  }

  /** The term of the reign that it outlasts, while it lingers. */
  get lingeringTerm(): number | undefined {
    return this.#running?.lingers ? this.#running.term : undefined
  }

  /** For how long it has gone on after its reign while it lingers, in ms; else 0. */
  get lingeringMs(): number {
    return this.#running?.lingers ? this.#pastMs(this.#running) : 0
  }

  /** It was called, and settles with `work`. */
  began(term: number, work: Promise<void>): void {
    const running: Running = { term, settled: work.finally(() => this.#settled(running)) }
    this.#running = running
  }

  /**
   * Its reign is over. Resolves once it has settled, or lingers: `graceMs` after the end of that reign, whenever this is
   * asked.
   */
  async outlast(graceMs: number): Promise<void> {
    const { clock } = this.#options
    const running = this.#running
    if (!running) return
    running.overMs ??= clock.now().monoMs
    const leftMs = Math.max(0, graceMs - this.#pastMs(running))
    let cancel: Cancel = () => {}
    const isOver = new Promise<void>((resolve) => {
      cancel = clock.after(leftMs, resolve)
    })
    await Promise.race([running.settled, isOver])
    cancel()
    if (this.#running === running && !running.lingers) this.#linger(running)
  }

  /** The worker has left: nothing more is said of what may still run. */
  close(): void {
    this.#isClosed = true
    this.#cancelSaying?.()
  }

  #linger(running: Running): void {
    running.lingers = true
    const ms = Math.round(this.#pastMs(running))
    this.#say(
      `lead() of term ${running.term} has not returned ${ms} ms after its reign: until then this worker may not lead`,
    )
    this.#options.onChange(true)
  }

  #settled(running: Running): void {
    if (this.#running !== running) return
    this.#running = undefined
    const { term, lingers = false } = running
    if (lingers) {
      const ms = Math.round(this.#pastMs(running))
      this.#say(`lead() of term ${term} returned ${ms} ms after its reign: this worker may lead`)
    }
    this.#options.onChange(lingers)
  }

  #pastMs({ overMs }: Running): number {
    const nowMs = this.#options.clock.now().monoMs
    return nowMs - (overMs ?? nowMs)
  }

  /** Not more often than SAY_EVERY_MS; then the newest. */
  #say(words: string): void {
    const { clock, report } = this.#options
    if (this.#isClosed) return
    if (this.#cancelSaying) {
      this.#unsaid = words
      return
    }
    report(words)
    this.#cancelSaying = clock.after(SAY_EVERY_MS, () => {
      this.#cancelSaying = undefined
      const unsaid = this.#unsaid
      this.#unsaid = undefined
      if (unsaid !== undefined) this.#say(unsaid)
    })
  }
}
