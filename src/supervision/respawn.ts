/**
 * Brings back workers whose process died. Again and again, but after a pause that doubles with every death, up to half
 * a minute; one that has run for a minute begins with a short pause again. Who never joined is not brought back: what
 * is wrong there is said at once, and would be wrong again.
 */
import { unawaited, unexpected } from "../contracts/unawaited.js"
import { RESTART_PACE } from "../member/restarts.js"
import type { Clock } from "../time/clock.js"
import { Pace } from "../time/pace.js"

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
  /** Of those that have joined: when that was, and how long to wait after the next death. */
  readonly #known = new Map<string, { readonly pace: Pace; readonly joinedMs: number }>()
  #isOver = false

  constructor(options: RespawnOptions) {
    this.#options = options
  }

  /** The worker `name` has joined. */
  joined(name: string): void {
    const { clock } = this.#options
    const { pace } = this.#known.get(name) ?? { pace: new Pace({ clock, ...RESTART_PACE }) }
    this.#known.set(name, { pace, joinedMs: clock.now().monoMs })
  }

  /** The worker `name` died, in the way `how`. */
  died(name: string, how: string): void {
    const known = this.#known.get(name)
    if (!known || this.#isOver) return
    const { clock, report } = this.#options
    const { pace, joinedMs } = known
    const nowMs = clock.now().monoMs
    if (nowMs - joinedMs >= STEADY_MS) pace.reset()
    // Until it has joined again it has not run.
    this.#known.set(name, { pace, joinedMs: nowMs })
    report(`worker ${name} ${how}; it is started again in ${pace.nextMs / 1000} s`)
    unawaited(this.#startAfter(pace, name), unexpected(report))
  }

  /** Brings nobody back any more. */
  stop(): void {
    this.#isOver = true
    for (const { pace } of this.#known.values()) pace.stop()
  }

  async #startAfter(pace: Pace, name: string): Promise<void> {
    if (!(await pace.wait())) return
    const { start, report } = this.#options
    // If its process ends before it has joined, that is told as a death.
    unawaited(start(name), (error) => report(`worker ${name} could not be started again`, error))
  }
}
