/**
 * Brings back workers whose process died. Again and again, but after a pause that doubles with every death, up to half
 * a minute; one that has run for a minute begins with a short pause again. Who never joined is not brought back: what
 * is wrong there is said at once, and would be wrong again.
 */
import type { Cancel, Clock } from "./clock.js"
import { backoffMs } from "./restarts.js"

/** How long a worker must have run for its earlier deaths to be forgotten, in ms. */
const STEADY_MS = 60_000

export interface RespawnOptions {
  readonly clock: Clock
  /** Starts the worker `name`. */
  readonly start: (name: string) => Promise<unknown>
  readonly report: (problem: string, error?: unknown) => void
}

export class Respawn {
  readonly #options: RespawnOptions
  readonly #deaths = new Map<string, { count: number; joinedMs: number }>()
  readonly #waiting = new Set<Cancel>()
  #isOver = false

  constructor(options: RespawnOptions) {
    this.#options = options
  }

  /** The worker `name` has joined. */
  joined(name: string): void {
    const joinedMs = this.#options.clock.now().monoMs
    this.#deaths.set(name, { count: this.#deaths.get(name)?.count ?? 0, joinedMs })
  }

  /** The worker `name` died, in the way `how`. */
  died(name: string, how: string): void {
    const known = this.#deaths.get(name)
    if (!known || this.#isOver) return
    const { clock, report } = this.#options
    const nowMs = clock.now().monoMs
    const count = nowMs - known.joinedMs >= STEADY_MS ? 1 : known.count + 1
    // Until it has joined again it has not run.
    this.#deaths.set(name, { count, joinedMs: nowMs })
    const waitMs = backoffMs(count)
    report(`worker ${name} ${how}; it is started again in ${waitMs / 1000} s`)
    const cancel = clock.after(waitMs, () => {
      this.#waiting.delete(cancel)
      this.#start(name)
    })
    this.#waiting.add(cancel)
  }

  /** Brings nobody back any more. */
  stop(): void {
    this.#isOver = true
    for (const cancel of this.#waiting) cancel()
  }

  #start(name: string): void {
    const { start, report } = this.#options
    // If its process ends before it has joined, that is told as a death.
    start(name).catch((error) => report(`worker ${name} could not be started again`, error))
  }
}
